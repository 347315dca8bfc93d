package io.mistersmith.persistence.model;

/** x. */
public record Revision(long epoch, long sequence) {}
