package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.impl.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stored message whose headers cannot be read, or say an operation that KV does not have. The
 * journal delivers it as unreadable, so that it is kept as a dead letter. The entry of its key has
 * a value that no codec takes for JSON, the message as it is published in NATS' own protocol: a
 * read of that key fails, and no other.
 */
final class ForeignMessage {

  private static final Set<String> OPERATIONS = Set.of("PUT", "DEL", "PURGE");

  private ForeignMessage() {}

  /** The headers as they were published; null where this library reads them. */
  static byte @Nullable [] unreadableHeaders(@Nullable Headers headers) {
    if (headers == null) {
      return null;
    }
    byte[] block = HeaderBlock.original(headers);
    if (block != null) {
      return block;
    }
    String operation = headers.getLast(EntryHeaders.OPERATION);
    return operation == null || OPERATIONS.contains(operation) ? null : headers.getSerialized();
  }

  /** The message as it was published; null for one that this library reads as an entry. */
  static byte @Nullable [] published(String subject, @Nullable Headers headers, byte[] payload) {
    byte[] block = unreadableHeaders(headers);
    return block == null ? null : published(subject, block, payload);
  }

  /** The message with this header block. */
  static byte[] published(String subject, byte[] block, byte[] payload) {
    ByteArrayOutputStream message =
        new ByteArrayOutputStream(subject.length() + block.length + payload.length + 32);
    String line = "HPUB " + subject + " " + block.length + " " + (block.length + payload.length);
    message.writeBytes(line.getBytes(StandardCharsets.UTF_8));
    message.writeBytes(new byte[] {'\r', '\n'});
    message.writeBytes(block);
    message.writeBytes(payload);
    message.writeBytes(new byte[] {'\r', '\n'});
    return message.toByteArray();
  }
}
