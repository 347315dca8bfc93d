package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.nats.client.JetStreamApiException;

/** The typed failures of calls about streams of messages. */
final class StreamFailures {

  private static final int OTHER_STREAM = 10060;

  private StreamFailures() {}

  /** The failure of a call about a stream, given its full name. */
  static PersistenceException of(NatsLink link, String what, String stream, Throwable cause) {
    if (NatsFailures.isStreamMissing(cause)) {
      return missing(what, stream, cause);
    }
    if (ConsumerSetup.isMissing(cause)) {
      return new NonTransientPersistenceException(
          DataError.NOT_FOUND, what + ": the consumer does not exist; apply its plan", cause);
    }
    if (cause instanceof JetStreamApiException refused
        && refused.getApiErrorCode() == OTHER_STREAM) {
      return otherSubject(what, stream, cause);
    }
    return link.failure(what, cause);
  }

  static NonTransientPersistenceException otherSubject(
      String what, String stream, Throwable cause) {
    return new NonTransientPersistenceException(
        DataError.NOT_FOUND,
        what + ": the subject is none of stream " + stream + "; nothing was stored",
        cause);
  }

  static NonTransientPersistenceException missing(String what, String stream, Throwable cause) {
    return new NonTransientPersistenceException(
        DataError.NOT_FOUND,
        what + ": stream " + stream + " does not exist; apply its plan",
        cause);
  }

  /** The failure of a message that was sent, and whose acknowledgement did not come. */
  static TransientPersistenceException unknown(String what, PersistenceException lost) {
    return new TransientPersistenceException(
        DataError.OUTCOME_UNKNOWN,
        what
            + ": the acknowledgement was lost and the outcome is unknown ("
            + lost.getMessage()
            + "); publish it again with the same id",
        lost);
  }
}
