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

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int ACCOUNT_RESOURCES_EXCEEDED = 10002;
  private static final int CLUSTER_WITHOUT_LEADER = 10008;
  private static final int CONSUMER_LIMIT = 10026;
  private static final int STREAM_LIMIT = 10027;
  private static final int STREAM_SEALED = 10109;
  private static final int MESSAGE_TTL_DISABLED = 10166;
  private static final int NOT_ENABLED = 10076;
  private static final int NOT_ENABLED_FOR_ACCOUNT = 10039;
  private static final int INVALID_CONFIGURATION = 10052;
  static final int STREAM_NOT_FOUND = 10059;
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

  static TransientPersistenceException unavailable(String what, String why) {
    return new TransientPersistenceException(DataError.UNAVAILABLE, what + ": " + why);
  }

  static TransientPersistenceException late(String what, String why) {
    return new TransientPersistenceException(DataError.TIMEOUT, what + ": " + why);
  }

  /** Whether the failure of a write that was sent leaves open whether it was stored. */
  static boolean isUnacknowledged(PersistenceException failure) {
    return switch (failure.error()) {
      case CONNECTION_FAILED, TIMEOUT -> true;
      default -> false;
    };
  }

  /** The failure of a write that was sent, and whose acknowledgement did not come. */
  static TransientPersistenceException unknown(String what, PersistenceException lost) {
    return new TransientPersistenceException(
        DataError.OUTCOME_UNKNOWN,
        what
            + ": the acknowledgement was lost and the outcome is unknown ("
            + lost.getMessage()
            + "); read the entry before you write it again",
        lost);
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
    if (cause instanceof RefusedException) {
      return new NonTransientPersistenceException(
          DataError.ACCESS_DENIED,
          what
              + ": NATS does not let this user do that ("
              + cause.getMessage()
              + "); give the user the right, or check nats.authentication",
          cause);
    }
    if (isSilence(cause)) {
      return silence(what, cause, StreamProbe.Trouble.NONE);
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
          ACCOUNT_RESOURCES_EXCEEDED,
          INSUFFICIENT_RESOURCES,
          MEMORY_RESOURCES_EXCEEDED,
          STORAGE_RESOURCES_EXCEEDED ->
          new NonTransientPersistenceException(
              DataError.STORE_FULL,
              message
                  + "; raise the bucket's maxBytes, or the storage limit of the account or server",
              refused);
      case MESSAGE_EXCEEDS_MAXIMUM ->
          new NonTransientPersistenceException(
              DataError.VALUE_TOO_LARGE,
              message + "; raise the stream's max_msg_size, or save less",
              refused);
      case STREAM_NOT_FOUND ->
          new TransientPersistenceException(
              DataError.CONNECTION_FAILED, message + "; the bucket was deleted", refused);
      case NOT_ENABLED, NOT_ENABLED_FOR_ACCOUNT ->
          new NonTransientPersistenceException(
              DataError.MISCONFIGURED,
              message + "; start nats-server with JetStream (-js), and enable it for the account",
              refused);
      case CONSUMER_LIMIT, STREAM_LIMIT ->
          new NonTransientPersistenceException(
              DataError.MISCONFIGURED,
              message + "; raise the account's limit of streams or consumers",
              refused);
      case STREAM_SEALED ->
          new NonTransientPersistenceException(
              DataError.MISCONFIGURED,
              message
                  + "; a sealed stream cannot be opened again: move its content to a new bucket",
              refused);
      case MESSAGE_TTL_DISABLED ->
          new NonTransientPersistenceException(
              DataError.MISCONFIGURED,
              message + "; set bucketChanges to APPLY, which allows a time to live per message",
              refused);
      case INVALID_CONFIGURATION ->
          new NonTransientPersistenceException(DataError.MISCONFIGURED, message, refused);
      default ->
          refused.getErrorCode() >= 500 || refused.getErrorCode() == TOO_MANY_REQUESTS
              ? new TransientPersistenceException(DataError.UNAVAILABLE, message, refused)
              : new NonTransientPersistenceException(DataError.MISCONFIGURED, message, refused);
    };
  }

  /** Returns whether a request over a live connection got no answer. */
  static boolean isSilence(Throwable failure) {
    Throwable cause = unwrap(failure);
    return cause instanceof JetStreamStatusException
        || cause instanceof TimeoutException
        || cause instanceof UnheardException
        || (cause instanceof JetStreamApiException refused
            && refused.getApiErrorCode() == CLUSTER_WITHOUT_LEADER);
  }

  /**
   * The typed failure for a {@linkplain #isSilence silent} server.
   *
   * @param finding what else is known about the server
   */
  static PersistenceException silence(String what, Throwable failure, StreamProbe.Trouble finding) {
    Throwable cause = unwrap(failure);
    JetStreamApiException instead = finding.refused();
    if (instead != null) {
      PersistenceException refusal = translate(what, instead);
      if (!refusal.isTransient()) {
        refusal.addSuppressed(cause);
        return refusal;
      }
    }
    if (cause instanceof JetStreamApiException refused) {
      return translate(what, refused);
    }
    boolean unheard = cause instanceof UnheardException;
    boolean late = unheard || cause instanceof TimeoutException;
    String why =
        late
            ? unheard ? String.valueOf(cause.getMessage()) : "no answer in time"
            : "no stream answers: the server is starting, or the bucket was deleted";
    return new TransientPersistenceException(
        late ? DataError.TIMEOUT : DataError.UNAVAILABLE,
        what + ": " + (finding.isNone() ? why : why + "; " + finding.why()),
        cause);
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
