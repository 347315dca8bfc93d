package io.mistersmith.persistence.core.internal.state.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BatchCollectorTest {

  private static final Duration LONG = Duration.ofHours(1);
  private static final JournalPosition POSITION =
      new JournalPosition(
          "B",
          7,
          0,
          Instant.EPOCH,
          Instant.EPOCH,
          List.of(new JournalPosition.Epoch(7, 5), new JournalPosition.Epoch(3, 1)));

  private final Script reader = new Script();
  private final Urgency urgency = new Urgency();
  private final Queue<Long> ends = new ArrayDeque<>();
  private long streamEnd;

  @Test
  void isEmptyWhenNothingArrives() {
    assertThat(collect(FlushConfig.defaults()).isEmpty()).isTrue();
  }

  @Test
  @Timeout(10)
  void closesAtEnoughDirtyKeysWithoutWaitingForAge() {
    for (int i = 1; i <= 50; i++) {
      reader.add(entry(i, "key" + i));
    }
    Batch batch =
        collect(FlushConfig.builder().dirtyKeys(50).maxAge(LONG).maxBytes(1 << 20).build());
    assertThat(batch.keys()).isEqualTo(50);
  }

  @Test
  @Timeout(10)
  void countsKeysAndNotEntries() {
    for (int i = 1; i <= 60; i++) {
      reader.add(entry(i, "hot"));
    }
    Batch batch =
        collect(
            FlushConfig.builder()
                .dirtyKeys(50)
                .maxAge(Duration.ofMillis(20))
                .maxBytes(1 << 20)
                .build());
    assertThat(batch.entries()).isEqualTo(60);
    assertThat(batch.keys()).isEqualTo(1);
    assertThat(batch.changes().get(0).revision()).isEqualTo(new Revision.OfJournal(7, 60));
  }

  @Test
  @Timeout(10)
  void closesByAgeWhenTooFewKeysArrive() {
    reader.add(entry(1, "a"));
    assertThat(
            collect(
                    FlushConfig.builder()
                        .dirtyKeys(50)
                        .maxAge(Duration.ofMillis(20))
                        .maxBytes(1 << 20)
                        .build())
                .entries())
        .isEqualTo(1);
  }

  @Test
  @Timeout(10)
  void closesByBytes() {
    for (int i = 1; i <= 100; i++) {
      reader.add(entry(i, "key" + i));
    }
    Batch batch =
        collect(FlushConfig.builder().dirtyKeys(1000).maxAge(LONG).maxBytes(64 * 1024).build());
    assertThat(batch.bytes()).isBetween(64L * 1024, 65L * 1024);
  }

  @Test
  @Timeout(10)
  void takesABacklogUpToItsBound() {
    for (int i = 1; i <= 5000; i++) {
      reader.add(entry(i, "key" + i));
    }
    assertThat(collect(FlushConfig.defaults()).entries()).isEqualTo(2000);
    assertThat(collect(FlushConfig.defaults()).firstSequence()).isEqualTo(2001);
  }

  @Test
  @Timeout(10)
  void closesAtOnceWhenAskedFor() {
    reader.add(entry(1, "a"));
    reader.add(entry(2, "b"));
    urgency.raise(2);
    assertThat(
            collect(FlushConfig.builder().dirtyKeys(50).maxAge(LONG).maxBytes(1 << 20).build())
                .lastSequence())
        .isEqualTo(2);
  }

  @Test
  void namesEachEntryByItsEpochAndSetsHydrationsApart() {
    reader.add(entry(1, "old"));
    reader.add(entry(5, "new"));
    reader.add(
        new JournalEntry(
            "$KV.B.a.hydrated",
            Optional.of(StateKey.of(AgentId.external("a"), "hydrated")),
            6,
            Instant.EPOCH,
            Operation.PUT,
            new byte[1],
            EntryMetadata.hydrated(new Revision.OfJournal(3, 1), Optional.empty()),
            0));
    Batch batch = collect(FlushConfig.defaults());
    assertThat(batch.changes().stream().map(StateChange::revision))
        .containsExactly(new Revision.OfJournal(3, 1), new Revision.OfJournal(7, 5));
    assertThat(batch.hydrations()).hasSize(1);
    assertThat(batch.entries()).isEqualTo(3);
    assertThat(batch.lagNanos(Instant.EPOCH.plusMillis(10))).containsExactly(9_000_000, 5_000_000);
    assertThat(batch.lastSequence()).isEqualTo(6);
  }

  @Test
  @Timeout(10)
  void neverEndsWithinAStep() {
    for (int i = 1; i <= 9; i++) {
      reader.add(ofStep(i, "key" + i, i, 9));
    }
    reader.add(entry(10, "after"));
    Batch batch = collect(FlushConfig.builder().dirtyKeys(2).maxEntries(3).build());
    assertThat(batch.lastSequence()).isEqualTo(9);
    assertThat(batch.entries()).isEqualTo(9);
  }

  @Test
  @Timeout(10)
  void awaitsTheRestOfAStep() {
    reader.add(ofStep(1, "a", 1, 2, 0));
    reader.addLater(ofStep(2, "b", 2, 2, 0));
    streamEnd = 1;
    urgency.raise(1);
    assertThat(collect(FlushConfig.defaults()).lastSequence()).isEqualTo(2);
  }

  @Test
  @Timeout(20)
  void takesWhatAStreamHasThatLostTheRestOfAStep() {
    reader.add(ofStep(1, "a", 1, 2, 0));
    streamEnd = 1;
    assertThat(collect(FlushConfig.defaults()).lastSequence()).isEqualTo(1);
  }

  @Test
  @Timeout(10)
  void takesAStepWhoseRestWasRemovedSince() {
    reader.add(ofStep(1, "a", 1, 2, 0));
    reader.position = 2;
    streamEnd = 2;
    assertThat(collect(FlushConfig.defaults()).lastSequence()).isEqualTo(1);
  }

  /** Of a step at 1 and 2 the second entry is gone: its key has a later one, at 60. */
  @Test
  @Timeout(10)
  void goesOnToWhereAnOverwrittenEntryOfAStepIs() {
    reader.add(ofStep(1, "a", 1, 2));
    for (int i = 3; i <= 60; i++) {
      reader.add(entry(i, i == 60 ? "b" : "other" + i, EntryMetadata.NONE, 99));
    }
    for (int i = 61; i <= 160; i++) {
      reader.add(entry(i, "later" + i, EntryMetadata.NONE, 160 - i));
    }
    streamEnd = 60;
    Batch batch = collect(FlushConfig.builder().dirtyKeys(5).maxEntries(10).build());
    assertThat(batch.lastSequence()).isEqualTo(60);
  }

  /** Of a step at 1 and 2 the first entry is gone. */
  @Test
  @Timeout(10)
  void goesOnWhenTheBeginningOfAStepIsOverwritten() {
    reader.add(ofStep(2, "b", 2, 2));
    reader.add(ofStep(4, "c", 2, 3));
    reader.add(ofStep(5, "d", 3, 3));
    for (int i = 6; i <= 60; i++) {
      reader.add(entry(i, "other" + i, EntryMetadata.NONE, 99));
    }
    streamEnd = 30;
    Batch batch = collect(FlushConfig.builder().dirtyKeys(5).maxEntries(10).build());
    assertThat(batch.lastSequence()).isEqualTo(30);
  }

  /**
   * Of each step the first entry is gone, the last ones since the stream was asked for its end.
   * Their key has a later entry, at 9.
   */
  @Test
  @Timeout(10)
  void goesOnWhereTheLaterEntryIsOverwrittenMeanwhile() {
    reader.add(ofStep(2, "turn1", 2, 2, 9));
    reader.add(ofStep(4, "turn2", 2, 2, 9));
    reader.add(ofStep(6, "turn3", 2, 2, 9));
    reader.add(ofStep(8, "turn4", 2, 2, 9));
    reader.add(ofStep(9, "cursor", 1, 2, 9));
    reader.add(ofStep(10, "turn5", 2, 2, 9));
    reader.add(entry(11, "after", EntryMetadata.NONE, 9));
    ends.addAll(List.of(4L, 10L));
    Batch batch = collect(FlushConfig.builder().dirtyKeys(2).maxEntries(3).build());
    assertThat(batch.lastSequence()).isEqualTo(10);
  }

  /** The later entry, at 4, was written alone, and is overwritten by the one at 6. */
  @Test
  @Timeout(10)
  void goesOnWhereTheLaterEntryLeavesNoTrace() {
    reader.add(ofStep(2, "turn", 2, 2, 9));
    reader.add(entry(3, "other", EntryMetadata.NONE, 9));
    reader.add(entry(5, "another", EntryMetadata.NONE, 9));
    reader.add(entry(6, "cursor", EntryMetadata.NONE, 9));
    reader.add(entry(7, "after", EntryMetadata.NONE, 9));
    ends.addAll(List.of(4L, 6L));
    Batch batch = collect(FlushConfig.builder().dirtyKeys(2).maxEntries(3).build());
    assertThat(batch.lastSequence()).isEqualTo(6);
  }

  @Test
  @Timeout(10)
  void growsOnlySoFarForAnOverwrittenEntry() {
    reader.add(ofStep(1, "a", 1, 2));
    for (int i = 3; i <= 1_000; i++) {
      reader.add(entry(i, "other" + i, EntryMetadata.NONE, 99));
    }
    streamEnd = 1_000;
    Batch batch = collect(FlushConfig.builder().dirtyKeys(5).maxEntries(10).build());
    assertThat(batch.entries()).isEqualTo(10 * WholeSteps.MOST_GROWTH);
  }

  private Batch collect(FlushConfig config) {
    return new BatchCollector(config, urgency, new BatchLimit(config.maxEntries()), this::whole)
        .collect(reader.next(Duration.ZERO), reader, POSITION);
  }

  private WholeSteps whole() {
    return new WholeSteps("B", () -> ends.isEmpty() ? streamEnd : ends.remove());
  }

  private static JournalEntry ofStep(long sequence, String key, int index, int count) {
    return ofStep(sequence, key, index, count, 1);
  }

  private static JournalEntry ofStep(
      long sequence, String key, int index, int count, long pending) {
    StepPlace place = new StepPlace(index, count);
    return entry(
        sequence,
        key,
        EntryMetadata.NONE.inStep("step-" + place.firstSequence(sequence), place),
        pending);
  }

  private static JournalEntry entry(long sequence, String key) {
    return entry(sequence, key, EntryMetadata.NONE, 0);
  }

  private static JournalEntry entry(
      long sequence, String key, EntryMetadata metadata, long pending) {
    return new JournalEntry(
        "$KV.B.a." + key,
        Optional.of(StateKey.of(AgentId.external("a"), key)),
        sequence,
        Instant.EPOCH.plusMillis(sequence),
        Operation.PUT,
        new byte[1024],
        metadata,
        pending);
  }

  /** A reader that has these entries and then nothing more. */
  private static final class Script implements JournalReader {

    private final Queue<JournalEntry> entries = new ArrayDeque<>();
    private final Queue<JournalEntry> later = new ArrayDeque<>();
    private long position;

    void add(JournalEntry entry) {
      entries.add(entry);
    }

    /** Adds an entry that comes once the others are read and a wait was in vain. */
    void addLater(JournalEntry entry) {
      later.add(entry);
    }

    @Override
    public Optional<JournalEntry> next(Duration wait) {
      JournalEntry next = entries.poll();
      if (next == null) {
        entries.addAll(later);
        later.clear();
      }
      return Optional.ofNullable(next);
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public void close() {
      entries.clear();
    }
  }
}
