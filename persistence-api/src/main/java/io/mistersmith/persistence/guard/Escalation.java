package io.mistersmith.persistence.guard;

import io.mistersmith.persistence.error.DataError;
import java.time.Instant;

/**
 * A failure that needs an operator, because no retry and nothing that the caller can do will help.
 * Failures of one kind of call and one code are one escalation. Immutable.
 *
 * @param store the store, such as {@code postgresql}; {@code none} for a call that is the
 *     application's own
 * @param role the bucket in NATS, or the role of the connections to PostgreSQL
 * @param operation the kind of call; no ids
 * @param error the code
 * @param message the message of the latest failure: keys and ids, no values
 * @param first when it happened first, by this process's clock
 * @param latest when it happened last
 * @param count how often it happened
 */
public record Escalation(
    String store,
    String role,
    String operation,
    DataError error,
    String message,
    Instant first,
    Instant latest,
    long count) {

  /** Returns the escalation after one more failure. */
  public Escalation again(String newMessage, Instant at) {
    return new Escalation(store, role, operation, error, newMessage, first, at, count + 1);
  }

  /** Returns a sentence for an operator. */
  public String notice() {
    return ("%s, %s of %s: %s, %d times from %s to %s; latest: %s. Repair it, then acknowledge it"
            + " by StoreGuard.acknowledge")
        .formatted(operation, role, store, error, count, first, latest, message);
  }
}
