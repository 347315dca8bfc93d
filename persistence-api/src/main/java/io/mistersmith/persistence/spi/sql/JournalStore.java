package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.JournalEntry.Unreadable;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Keeps how far each journal is applied, in the same store and the same transaction as what was
 * applied (docs/design.md, rule 1). Thread-safe.
 */
public interface JournalStore {

  /**
   * Returns the identity of the installation whose data the store held when it was opened. A
   * restored backup and a promoted replica have the identity of the original; a copy that runs
   * beside it is given another one. Does not wait.
   */
  UUID installation();

  /**
   * Returns the position of a bucket's journal; empty when it was never opened.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code MISCONFIGURED}
   *     when the data are not those of {@link #installation} any more: another database answers
   */
  Optional<JournalPosition> position(String bucket);

  /**
   * Hands out a new epoch that names the messages from {@code firstSequence} on, unless the
   * position is no longer {@code observed}. The position afterwards is just before {@code
   * firstSequence}, or where it was if that is earlier; its message time stays what it was, so that
   * it always says how late the latest applied message was written.
   *
   * @param observed the position that was found wrong; empty for a bucket never seen before
   * @param firstSequence the first message of the new epoch
   * @param streamCreated when the stream was made
   * @param reason why, in a few words
   * @return the position as it is then, whichever process moved it
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code MISCONFIGURED}
   *     as {@link #position} does; nothing was changed then
   */
  JournalPosition startEpoch(
      String bucket,
      Optional<JournalPosition> observed,
      long firstSequence,
      Instant streamCreated,
      String reason);

  /**
   * {@link #startEpoch} for a stream that was restored with all of its sequences. It has another
   * time of creation than the original; the epochs of the original name its messages before {@code
   * firstSequence}, so that they keep their revisions.
   *
   * @param observed the position that was restored
   * @param firstSequence the first message that will be written to the restored stream
   * @param streamCreated when the restored stream was made
   * @param reason why, in a few words
   * @return as {@link #startEpoch} does
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code MISCONFIGURED}
   *     as {@link #position} does; nothing was changed then
   */
  JournalPosition startEpochOfRestored(
      JournalPosition observed, long firstSequence, Instant streamCreated, String reason);

  /**
   * Applies a batch in one transaction: moves the position from exactly {@code previous} to {@code
   * next}, and writes each change whose revision is later than its row's. A change that the store
   * refuses while it takes others becomes a dead letter; so does a change that alone takes longer
   * than a statement may, and each other change of its step in the batch, so that no row shows a
   * part of a step. A change that is written supersedes open dead letters of its key. The batch has
   * at most one change a key. Where another installation's data are in the store by now, nothing is
   * applied and the answer is that the position moved.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException when the store
   *     refuses all that is tried alike; nothing was applied, and the same batch passes once that
   *     is lifted
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when nothing was
   *     applied, or it is unknown; reading the position tells
   */
  ApplyResult apply(JournalPosition previous, JournalPosition next, List<StateChange> changes);

  /**
   * {@link #apply} for a batch that ran {@linkplain ApplyResult.OutOfTime out of time} and cannot
   * be made smaller: each change is written by itself. One that alone takes longer than a statement
   * may, while the store takes others, becomes a dead letter together with its step. The answer is
   * never that it ran out of time. A store in which no batch does need not implement it.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException as {@link #apply} does, also when
   *     the store takes nothing in time
   */
  default ApplyResult applySingly(
      JournalPosition previous, JournalPosition next, List<StateChange> changes) {
    return apply(previous, next, changes);
  }

  /**
   * Returns the greatest sequence up to which everything in the journal has been applied for at
   * least {@code age}, on the store's clock; 0 when there is none, or when the position has moved
   * to another epoch since {@code observed} was read. Counts from when the batch moved the
   * position, and is never later than the position itself.
   *
   * <p>The store learns it from samples of the position, which each call takes when the latest one
   * is older than a sixteenth of {@code age}; it keeps about as many. An answer can therefore lag
   * behind by that much, and more when it was not asked for a while, but never runs ahead. The
   * samples belong to the store's own data: when the store is put back to an older state, the
   * answers go back with it.
   *
   * @param observed the position whose epoch the answer is for
   * @param age how long ago it must have been applied
   */
  long appliedFor(JournalPosition observed, Duration age);

  /**
   * Whether the samples of {@link #appliedFor} show that the write of this revision had been
   * applied before {@code time}. False when they do not reach back that far.
   */
  boolean wasApplied(String bucket, Revision.OfJournal revision, Instant time);

  /**
   * Takes or renews the right to flush for all, measured on the store's clock. It only saves work:
   * {@link #apply} is safe without it.
   *
   * @return whether {@code holder} has the lease now
   */
  boolean acquireLease(String bucket, String holder, Duration duration);

  /** Gives the lease up if {@code holder} has it. */
  void releaseLease(String bucket, String holder);

  /**
   * Returns what identifies the primary, which each promotion of another server changes: a text
   * without blanks of at most 64 characters, for the other methods; empty for a store that is one
   * server. Does not wait.
   */
  default String primary() {
    return "";
  }

  /**
   * Whether what was written to this primary says nothing of the present one, as far as known: it
   * was demoted, or is another database. Does not wait.
   */
  default boolean isOutdated(String primary) {
    return false;
  }

  /**
   * Another runtime has met this primary. From now on, one that was demoted for it is not used,
   * though it may be all that this runtime reaches. Does not wait.
   */
  default void heardOf(String primary) {}

  /** The outcome of a batch. */
  sealed interface ApplyResult {

    /**
     * It was committed with its position.
     *
     * @param refused the changes that became dead letters, with the reason
     */
    record Applied(List<Refusal> refused) implements ApplyResult {

      /** Keeps a copy. */
      public Applied {
        refused = List.copyOf(refused);
      }
    }

    /** The position had moved: another runtime flushed, and nothing of this batch was applied. */
    record PositionMoved() implements ApplyResult {}

    /**
     * The store did not get done in the time that a statement may take, and applied nothing. Fewer
     * changes at a time may pass.
     *
     * @param cause what the store said
     */
    record OutOfTime(PersistenceException cause) implements ApplyResult {}

    /**
     * A change that the store refused.
     *
     * @param change the change
     * @param reason why, with SQLSTATE and constraint, without values
     */
    record Refusal(StateChange change, String reason) {}
  }

  /**
   * A write on its way from the journal to the durable store.
   *
   * @param subject the raw subject; any text, also what the durable store's text cannot hold
   * @param key the key; empty when the subject is no legal one, which makes the change a dead
   *     letter
   * @param operation its kind
   * @param value the exact bytes
   * @param revision the logical revision
   * @param writtenAt when it was written, by the hot store's clock
   * @param expiresAt when the entry ends
   * @param provenance where the version comes from, of writes whose conflicts are resolved
   * @param unreadable why the message could not be read, which makes the change a dead letter;
   *     empty for one that was read
   * @param step the id of the step that it was written in, of a write that was made together with
   *     others
   * @param actor who made the write, as far as the writer said
   */
  @SuppressWarnings("ArrayRecordComponent") // changes are carried, never compared
  record StateChange(
      String subject,
      Optional<StateKey> key,
      Operation operation,
      byte[] value,
      Revision.OfJournal revision,
      Instant writtenAt,
      Optional<Instant> expiresAt,
      Optional<Provenance> provenance,
      Optional<Unreadable> unreadable,
      Optional<String> step,
      Optional<Actor> actor) {

    /** A change that was written alone, by nobody that is known. */
    public StateChange(
        String subject,
        Optional<StateKey> key,
        Operation operation,
        byte[] value,
        Revision.OfJournal revision,
        Instant writtenAt,
        Optional<Instant> expiresAt,
        Optional<Provenance> provenance,
        Optional<Unreadable> unreadable) {
      this(
          subject,
          key,
          operation,
          value,
          revision,
          writtenAt,
          expiresAt,
          provenance,
          unreadable,
          Optional.empty(),
          Optional.empty());
    }

    /** This change, as one of a step. */
    public StateChange inStep(String id) {
      return new StateChange(
          subject,
          key,
          operation,
          value,
          revision,
          writtenAt,
          expiresAt,
          provenance,
          unreadable,
          Optional.of(id),
          actor);
    }

    /** This change, as one that the actor made. */
    public StateChange by(Optional<Actor> newActor) {
      return new StateChange(
          subject,
          key,
          operation,
          value,
          revision,
          writtenAt,
          expiresAt,
          provenance,
          unreadable,
          step,
          newActor);
    }

    /** A change of a message that was read. */
    public StateChange(
        String subject,
        Optional<StateKey> key,
        Operation operation,
        byte[] value,
        Revision.OfJournal revision,
        Instant writtenAt,
        Optional<Instant> expiresAt,
        Optional<Provenance> provenance) {
      this(
          subject,
          key,
          operation,
          value,
          revision,
          writtenAt,
          expiresAt,
          provenance,
          Optional.empty());
    }

    /** A change without a provenance. */
    public StateChange(
        String subject,
        Optional<StateKey> key,
        Operation operation,
        byte[] value,
        Revision.OfJournal revision,
        Instant writtenAt,
        Optional<Instant> expiresAt) {
      this(subject, key, operation, value, revision, writtenAt, expiresAt, Optional.empty());
    }
  }
}
