package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.spi.ApplyResult;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalStore;
import io.mistersmith.persistence.spi.StateChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Positions, epochs and leases, and the batches that move the positions. */
final class MemoryJournalStore implements JournalStore {

  private final MemoryDatabase database;
  private final Connection connection;

  MemoryJournalStore(MemoryDatabase database, Connection connection) {
    this.database = database;
    this.connection = connection;
  }

  @Override
  public Optional<JournalPosition> position(String bucket) {
    connection.checkSql();
    return database.transact(tables -> Optional.ofNullable(tables.positions.get(bucket)));
  }

  @Override
  public JournalPosition startEpoch(
      String bucket,
      Optional<JournalPosition> observed,
      long firstSequence,
      Instant streamCreated,
      String reason) {
    connection.checkSql();
    Instant now = connection.now();
    return database.transact(
        tables -> {
          JournalPosition there = tables.positions.get(bucket);
          boolean asObserved =
              there == null
                  || observed
                      .filter(seen -> isSame(there, seen))
                      .filter(seen -> there.streamCreated().equals(seen.streamCreated()))
                      .isPresent();
          if (there != null && !asObserved) {
            return there;
          }
          JournalPosition next = next(bucket, there, firstSequence, streamCreated);
          tables.move(next, now);
          return next;
        });
  }

  private static JournalPosition next(
      String bucket, @Nullable JournalPosition there, long firstSequence, Instant streamCreated) {
    long number = there == null ? 1 : there.epoch() + 1;
    List<JournalPosition.Epoch> epochs = new ArrayList<>();
    epochs.add(new JournalPosition.Epoch(number, firstSequence));
    if (there != null && there.streamCreated().equals(streamCreated)) {
      there.epochs().stream()
          .filter(epoch -> epoch.firstSequence() < firstSequence)
          .forEach(epochs::add);
    }
    return new JournalPosition(
        bucket,
        number,
        there == null ? firstSequence - 1 : Math.min(there.sequence(), firstSequence - 1),
        there == null ? Instant.EPOCH : there.messageTime(),
        streamCreated,
        epochs);
  }

  @Override
  public ApplyResult apply(
      JournalPosition previous, JournalPosition next, List<StateChange> changes) {
    connection.checkSql();
    Instant now = connection.now();
    return database.transact(
        tables -> {
          JournalPosition there = tables.positions.get(previous.bucket());
          if (there == null || !isSame(there, previous)) {
            return new ApplyResult.PositionMoved();
          }
          List<ApplyResult.Refusal> refusals = new ArrayList<>();
          for (StateChange change : changes) {
            StateWriter.write(tables, previous.bucket(), change, now)
                .ifPresent(
                    refused -> {
                      bury(tables, previous.bucket(), change, refused);
                      refusals.add(new ApplyResult.Refusal(change, refused.reason()));
                    });
          }
          tables.move(there.advancedTo(next.sequence(), next.messageTime()), now);
          return new ApplyResult.Applied(refusals);
        });
  }

  private static boolean isSame(JournalPosition there, JournalPosition seen) {
    return there.epoch() == seen.epoch() && there.sequence() == seen.sequence();
  }

  private static void bury(
      Tables tables, String bucket, StateChange change, StateWriter.Refused refused) {
    boolean known =
        tables.deadLetters.values().stream()
            .anyMatch(
                row ->
                    row.letter().bucket().equals(bucket)
                        && row.letter().subject().equals(change.subject())
                        && row.letter().revision().equals(change.revision()));
    if (known) {
      return;
    }
    DeadLetter letter =
        new DeadLetter(
            UUID.randomUUID(),
            bucket,
            change.subject(),
            change.key().map(StateKey::agent),
            change.key().map(StateKey::key),
            change.revision(),
            refused.error(),
            refused.sqlState(),
            refused.reason(),
            change.writtenAt());
    tables.deadLetters.put(letter.id(), new Tables.DeadRow(letter, change));
  }

  @Override
  public long appliedFor(JournalPosition observed, Duration age) {
    connection.checkSql();
    Instant now = connection.now();
    return database.transact(tables -> PositionSamples.appliedFor(tables, observed, age, now));
  }

  @Override
  public boolean wasApplied(String bucket, Revision revision, Instant time) {
    connection.checkSql();
    return database.transact(tables -> PositionSamples.wasApplied(tables, bucket, revision, time));
  }

  @Override
  public boolean acquireLease(String bucket, String holder, Duration duration) {
    connection.checkSql();
    Instant now = connection.now();
    return database.transact(
        tables -> {
          Tables.Lease lease = tables.leases.get(bucket);
          if (lease != null && !lease.holder().equals(holder) && lease.until().isAfter(now)) {
            return false;
          }
          tables.leases.put(bucket, new Tables.Lease(holder, now.plus(duration)));
          return true;
        });
  }

  @Override
  public void releaseLease(String bucket, String holder) {
    connection.checkSql();
    database.transact(
        tables -> {
          Tables.Lease lease = tables.leases.get(bucket);
          return lease != null
              && lease.holder().equals(holder)
              && tables.leases.remove(bucket, lease);
        });
  }
}
