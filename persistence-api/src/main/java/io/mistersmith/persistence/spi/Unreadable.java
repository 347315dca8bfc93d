package io.mistersmith.persistence.spi;

/**
 * Says of a message that it could not be read as an entry, and keeps what of it is not in the
 * value. Such a message becomes a dead letter, however it looks otherwise.
 *
 * @param reason why it could not be read, without values
 * @param headers the header block as it was published; empty where the message has none
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record Unreadable(String reason, byte[] headers) {}
