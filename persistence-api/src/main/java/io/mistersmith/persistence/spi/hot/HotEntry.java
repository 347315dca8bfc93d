package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;

/**
 * The latest entry of a key in a bucket: a value or a delete marker.
 *
 * @param key the key
 * @param sequence its physical place in the stream
 * @param time when the server stored it, to the nanosecond
 * @param operation its kind
 * @param value the exact bytes; empty for a marker, or where only headers were asked for
 * @param metadata its metadata
 */
@SuppressWarnings("ArrayRecordComponent") // entries are carried, never compared
public record HotEntry(
    StateKey key,
    long sequence,
    Instant time,
    Operation operation,
    byte[] value,
    EntryMetadata metadata) {}
