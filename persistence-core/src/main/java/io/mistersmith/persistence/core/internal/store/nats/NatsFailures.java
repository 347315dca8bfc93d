package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamStatusException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Translates what jnats throws into this library's typed failures. */
final class NatsFailures {

  private static final int NOT_ENABLED = 10076;
  private static final int NOT_ENABLED_FOR_ACCOUNT = 10039;
  private static final int INVALID_CONFIGURATION = 10052;
  private static final int STREAM_NOT_FOUND = 10059;
  private static final int WRONG_LAST_SEQUENCE = 10071;
  private static final int WRONG_LAST_SEQUENCE_CONSTANT = 10164;
  private static final int MESSAGE_EXCEEDS_MAXIMUM = 10054;
  private static final int STORE_FAILED = 10077;
  private static final int INSUFFICIENT_RESOURCES = 10023;
  private static final int MEMORY_RESOURCES_EXCEEDED = 10028;
  private static final int STORAGE_RESOURCES_EXCEEDED = 10047;

  private NatsFailures() {}

  static NonTransientPersistenceException closed() {
    return new NonTransientPersistenceException(
        DataError.CLOSED, "the connection to NATS was closed by this process");
  }

  static TransientPersistenceException unreachable(String what, String why) {
    return new TransientPersistenceException(DataError.CONNECTION_FAILED, what + ": " + why);
  }

  static TransientPersistenceException unreachable(String what, String why, Throwable cause) {
    return new TransientPersistenceException(DataError.CONNECTION_FAILED, what + ": " + why, cause);
  }

  /**
   * The typed failure for {@code failure}.
   *
   * @param what the call and whom it was about
   */
  static PersistenceException translate(String what, Throwable failure) {
    Throwable cause = unwrap(failure);
    if (cause instanceof PersistenceException typed) {
      return typed;
    }
    if (cause instanceof JetStreamApiException refused) {
      return translate(what, refused);
    }
    if (cause instanceof JetStreamStatusException) {
      return unreachable(
          what, "no stream answers: the server is starting, or the bucket was deleted", cause);
    }
    if (cause instanceof TimeoutException) {
      return unreachable(what, "no answer in time", cause);
    }
    if (cause instanceof IllegalArgumentException) {
      return new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE, what + ": " + cause.getMessage(), cause);
    }
    if (cause instanceof CancellationException) {
      return unreachable(what, "the connection to NATS was lost before the answer came", cause);
    }
    return unreachable(what, String.valueOf(cause.getMessage()), cause);
  }

  private static PersistenceException translate(String what, JetStreamApiException refused) {
    String message =
        what
            + ": NATS error "
            + refused.getApiErrorCode()
            + " (code "
            + refused.getErrorCode()
            + "), "
            + refused.getErrorDescription();
    return switch (refused.getApiErrorCode()) {
      case WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_CONSTANT ->
          new TransientPersistenceException(DataError.VERSION_CONFLICT, message, refused);
      case STORE_FAILED,
          INSUFFICIENT_RESOURCES,
          MEMORY_RESOURCES_EXCEEDED,
          STORAGE_RESOURCES_EXCEEDED ->
          new NonTransientPersistenceException(
              DataError.STORE_FULL,
              message + "; raise the bucket's maxBytes or the server's storage limit",
              refused);
      case MESSAGE_EXCEEDS_MAXIMUM ->
          new NonTransientPersistenceException(DataError.VALUE_TOO_LARGE, message, refused);
      case STREAM_NOT_FOUND ->
          new TransientPersistenceException(
              DataError.CONNECTION_FAILED, message + "; the bucket was deleted", refused);
      case NOT_ENABLED, NOT_ENABLED_FOR_ACCOUNT ->
          new NonTransientPersistenceException(
              DataError.MISCONFIGURED,
              message + "; start nats-server with JetStream (-js), and enable it for the account",
              refused);
      case INVALID_CONFIGURATION ->
          new NonTransientPersistenceException(DataError.MISCONFIGURED, message, refused);
      default ->
          refused.getErrorCode() >= 500
              ? new TransientPersistenceException(DataError.CONNECTION_FAILED, message, refused)
              : new NonTransientPersistenceException(DataError.MISCONFIGURED, message, refused);
    };
  }

  /** Whether the server says that the stream does not exist. */
  static boolean isStreamMissing(Throwable failure) {
    return unwrap(failure) instanceof JetStreamApiException refused
        && refused.getApiErrorCode() == STREAM_NOT_FOUND;
  }

  private static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException
            || cause instanceof ExecutionException
            || cause.getClass() == RuntimeException.class)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
