package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.model.Revision;

/** What a write expects of the entity it is about to change. */
public sealed interface Expected {

  /**
   * Nothing: the write is unconditional, and of several the one that the stream orders last stays.
   */
  record Anything() implements Expected {}

  /** That the entity does not exist. Of several concurrent creators exactly one succeeds. */
  record Absent() implements Expected {}

  /** That the entity still has this revision (compare-and-set). */
  record At(Revision revision) implements Expected {}
}
