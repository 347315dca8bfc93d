package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.stream.StreamMessage;

/** A message in a stream of changes is none: another program has published it. */
final class UnreadableChangeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UnreadableChangeException(StreamMessage<byte[]> message, RuntimeException cause) {
    super(
        "message %d of stream %s is no change: %s"
            .formatted(message.sequence(), message.stream(), cause.getMessage()),
        cause);
  }
}
