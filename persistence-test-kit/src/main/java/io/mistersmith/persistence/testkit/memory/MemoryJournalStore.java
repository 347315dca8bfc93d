package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Positions, epochs and leases, and the batches that move the positions. */
final class MemoryJournalStore implements JournalStore {

  private final Session session;

  MemoryJournalStore(Session session) {
    this.session = session;
  }

  @Override
  public UUID installation() {
    return session.installation();
  }

  @Override
  public Optional<JournalPosition> position(String bucket) {
    return session.call(
        tables -> {
          requireSameInstallation(tables);
          return tables.position(bucket);
        });
  }

  private void requireSameInstallation(Tables tables) {
    if (!tables.installation().equals(installation())) {
      throw OtherInstallationException.ofDatabase(tables.installation(), installation());
    }
  }

  @Override
  public JournalPosition startEpoch(
      String bucket,
      Optional<JournalPosition> observed,
      long firstSequence,
      Instant streamCreated,
      String reason) {
    return startEpoch(bucket, observed, there -> next(bucket, there, firstSequence, streamCreated));
  }

  @Override
  public JournalPosition startEpochOfRestored(
      JournalPosition observed, long firstSequence, Instant streamCreated, String reason) {
    return startEpoch(
        observed.bucket(),
        Optional.of(observed),
        there ->
            next(
                observed.bucket(),
                there == null ? null : ofStream(there, streamCreated),
                firstSequence,
                streamCreated));
  }

  private static JournalPosition ofStream(JournalPosition position, Instant created) {
    return new JournalPosition(
        position.bucket(),
        position.epoch(),
        position.sequence(),
        position.messageTime(),
        created,
        position.epochs());
  }

  private JournalPosition startEpoch(
      String bucket,
      Optional<JournalPosition> observed,
      Function<@Nullable JournalPosition, JournalPosition> next) {
    Instant now = session.now();
    return session.call(
        tables -> {
          requireSameInstallation(tables);
          JournalPosition there = tables.position(bucket).orElse(null);
          boolean asObserved =
              there == null
                  || observed
                      .filter(seen -> isSame(there, seen))
                      .filter(seen -> there.streamCreated().equals(seen.streamCreated()))
                      .isPresent();
          if (there != null && !asObserved) {
            return there;
          }
          JournalPosition started = next.apply(there);
          tables.move(started, now);
          return started;
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
    Instant now = session.now();
    return session.call(
        tables -> {
          JournalPosition there = tables.position(previous.bucket()).orElse(null);
          boolean other = !tables.installation().equals(installation());
          if (other || there == null || !isSame(there, previous)) {
            return new ApplyResult.PositionMoved();
          }
          tables.positions.lock(previous.bucket());
          List<ApplyResult.Refusal> refusals = new ArrayList<>();
          Map<String, StateWriter.Refused> steps = refusedSteps(tables, changes);
          for (StateChange change : changes) {
            Optional<StateWriter.Refused> withItsStep = change.step().map(steps::get);
            withItsStep
                .or(() -> StateWriter.write(tables, previous.bucket(), change, now))
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

  /** Of a step of which one change is refused, all are. */
  private static Map<String, StateWriter.Refused> refusedSteps(
      Tables tables, List<StateChange> changes) {
    Map<String, StateWriter.Refused> steps = new HashMap<>();
    for (StateChange change : changes) {
      if (change.step().isPresent()) {
        StateWriter.refusal(tables, change)
            .ifPresent(refused -> steps.put(change.step().get(), refused));
      }
    }
    return steps;
  }

  private static boolean isSame(JournalPosition there, JournalPosition seen) {
    return there.epoch() == seen.epoch() && there.sequence() == seen.sequence();
  }

  private static void bury(
      Tables tables, String bucket, StateChange change, StateWriter.Refused refused) {
    boolean known =
        tables
            .deadLetters
            .all()
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
            change.key(),
            change.revision(),
            refused.error(),
            refused.sqlState(),
            refused.reason(),
            change.writtenAt());
    tables.deadLetters.put(letter.id(), new Content.DeadRow(letter, change));
  }

  @Override
  public long appliedFor(JournalPosition observed, Duration age) {
    Instant now = session.now();
    return session.call(tables -> PositionSamples.appliedFor(tables, observed, age, now));
  }

  @Override
  public boolean wasApplied(String bucket, Revision.OfJournal revision, Instant time) {
    return session.call(tables -> PositionSamples.wasApplied(tables, bucket, revision, time));
  }

  @Override
  public boolean acquireLease(String bucket, String holder, Duration duration) {
    Instant now = session.now();
    return session.call(
        tables -> {
          Optional<Content.Lease> lease = tables.leases.find(bucket);
          boolean others = lease.filter(held -> !held.holder().equals(holder)).isPresent();
          if (others && lease.get().until().isAfter(now)) {
            return false;
          }
          tables.leases.put(bucket, new Content.Lease(bucket, holder, now.plus(duration)));
          return true;
        });
  }

  @Override
  public void releaseLease(String bucket, String holder) {
    session.call(
        tables ->
            tables.leases.find(bucket).filter(lease -> lease.holder().equals(holder)).isPresent()
                && tables.leases.remove(bucket));
  }
}
