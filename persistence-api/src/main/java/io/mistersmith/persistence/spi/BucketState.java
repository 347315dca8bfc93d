package io.mistersmith.persistence.spi;

import java.time.Instant;

/**
 * What a server says about a bucket's stream.
 *
 * @param created when the stream was made; another time means another stream
 * @param firstSequence the sequence of the first message that is there
 * @param lastSequence the sequence of the last message ever stored; 0 when none was
 * @param messages how many messages there are
 * @param bytes how large they are
 * @param subjects how many subjects they are of
 */
public record BucketState(
    Instant created,
    long firstSequence,
    long lastSequence,
    long messages,
    long bytes,
    long subjects) {}
