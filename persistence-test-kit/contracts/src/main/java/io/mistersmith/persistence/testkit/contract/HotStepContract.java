package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotReads.Together;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The contract of messages that are stored together, all or none. */
public abstract class HotStepContract extends StoresContract {

  private static final AgentId AGENT = AgentId.external("agent");
  private static final StateKey A = StateKey.of(AGENT, "a");
  private static final StateKey B = StateKey.of(AGENT, "b");
  private static final StateKey C = StateKey.of(AGENT, "c");

  /** For implementations. */
  protected HotStepContract() {}

  @Test
  void allAreStoredWithConsecutiveSequences() {
    long before = put(A, "0", HotWrites.ANY);
    String id = UUID.randomUUID().toString();
    long last =
        writes()
            .publishTogether(
                List.of(
                    message(id, A, "1", before, 1, 3),
                    message(id, B, "1", HotWrites.NONE, 2, 3),
                    message(id, C, "1", HotWrites.ANY, 3, 3)));

    assertThat(last).isEqualTo(before + 3);
    Map<StateKey, HotEntry> found = all(ReadFrom.ANY_REPLICA);
    assertThat(all(ReadFrom.LEADER).keySet()).isEqualTo(found.keySet());
    assertThat(sequence(found, A)).isEqualTo(last - 2);
    assertThat(sequence(found, B)).isEqualTo(last - 1);
    assertThat(sequence(found, C)).isEqualTo(last);
    EntryMetadata metadata = Objects.requireNonNull(found.get(B)).metadata();
    assertThat(metadata.writeId()).contains(id);
    assertThat(metadata.step()).contains(new StepPlace(2, 3));
    assertThat(metadata.step().orElseThrow().firstSequence(last - 1)).isEqualTo(last - 2);
    assertThat(metadata.step().orElseThrow().lastSequence(last - 1)).isEqualTo(last);
  }

  @Test
  void oneExpectationThatIsNotMetRefusesAll() {
    long first = put(A, "0", HotWrites.ANY);
    long second = put(A, "1", first);
    long marker =
        writes().publish(B, Operation.DELETE, new byte[0], EntryMetadata.NONE, HotWrites.ANY);

    refused(DataError.VERSION_CONFLICT, step(first, HotWrites.ANY, HotWrites.ANY));
    refused(DataError.VERSION_CONFLICT, step(second, HotWrites.NONE, HotWrites.ANY));
    refused(DataError.VERSION_CONFLICT, step(second, marker, marker));
    assertThat(bucket().journal().state().lastSequence()).isEqualTo(marker);
    assertThat(writes().publishTogether(step(second, marker, HotWrites.NONE)))
        .isEqualTo(marker + 3);
  }

  @Test
  void aDeleteCanBeOneOfThem() {
    put(A, "0", HotWrites.ANY);
    String id = UUID.randomUUID().toString();
    Outgoing delete =
        new Outgoing(
            A,
            Operation.DELETE,
            new byte[0],
            EntryMetadata.NONE.inStep(id, new StepPlace(1, 2)),
            HotWrites.ANY);
    writes().publishTogether(List.of(delete, message(id, B, "1", HotWrites.ANY, 2, 2)));

    Map<StateKey, HotEntry> found = all(ReadFrom.ANY_REPLICA);
    assertThat(Objects.requireNonNull(found.get(A)).operation()).isEqualTo(Operation.DELETE);
    assertThat(Objects.requireNonNull(found.get(B)).operation()).isEqualTo(Operation.PUT);
  }

  @Test
  void theMessagesOfOneMomentAreMarkedAndOthersAreNot() {
    writes().publishTogether(step(HotWrites.ANY, HotWrites.ANY, HotWrites.ANY));
    Together few = bucket().reads().getTogether(List.of(A, B, C));
    assertThat(few.ofOneMoment()).isTrue();
    assertThat(few.messages()).containsOnlyKeys(A, B, C);

    List<StateKey> many = new ArrayList<>(List.of(A, B, C));
    for (int i = 0; i < HotReads.MOST_OF_ONE_MOMENT; i++) {
      many.add(StateKey.of(AGENT, "absent " + i));
    }
    Together parts = bucket().reads().getTogether(many);
    assertThat(parts.ofOneMoment()).isFalse();
    assertThat(parts.messages()).containsOnlyKeys(A, B, C);
  }

  @Test
  void readersMeetThemInOrderWithTheirPlaces() {
    put(A, "0", HotWrites.ANY);
    long last = writes().publishTogether(step(HotWrites.ANY, HotWrites.ANY, HotWrites.ANY));
    List<StepPlace> places = new ArrayList<>();
    try (JournalReader reader = bucket().journal().read(JournalRange.from(1))) {
      for (long sequence = last - 3; sequence <= last; sequence++) {
        JournalEntry entry = reader.next(Duration.ofSeconds(10)).orElseThrow();
        assertThat(entry.sequence()).isEqualTo(sequence);
        entry.metadata().step().ifPresent(places::add);
      }
    }
    assertThat(places)
        .containsExactly(new StepPlace(1, 3), new StepPlace(2, 3), new StepPlace(3, 3));
  }

  @Test
  void oneValueThatIsTooLargeRefusesAll() {
    String id = UUID.randomUUID().toString();
    byte[] large = new byte[2 * 1024 * 1024];
    List<Outgoing> step =
        List.of(
            message(id, A, "1", HotWrites.ANY, 1, 2),
            new Outgoing(
                B,
                Operation.PUT,
                large,
                EntryMetadata.NONE.inStep(id, new StepPlace(2, 2)),
                HotWrites.ANY));
    refused(DataError.VALUE_TOO_LARGE, step);
    assertThat(all(ReadFrom.LEADER)).isEmpty();
  }

  @Test
  void aFullBucketRefusesAll() {
    if (!limitsBytes()) {
      return;
    }
    HotBucket small =
        open(config()
                .bucket(
                    Bucket.SESSION_DATA,
                    Bucket.SESSION_DATA.defaults().toBuilder().maxBytes(64L * 1024).build())
                .build())
            .hot()
            .bucket(Bucket.SESSION_DATA);
    String id = UUID.randomUUID().toString();
    List<Outgoing> step = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      step.add(
          new Outgoing(
              StateKey.of(AGENT, "k" + i),
              Operation.PUT,
              new byte[20_000],
              EntryMetadata.NONE.inStep(id, new StepPlace(i, 4)),
              HotWrites.ANY));
    }
    assertFails(DataError.STORE_FULL, () -> small.writes().publishTogether(step));
    assertThat(small.journal().state().lastSequence()).isZero();
  }

  @Test
  void oneOfTwoThatExpectTheSameIsStored() throws Exception {
    AtomicInteger stored = new AtomicInteger();
    for (int round = 0; round < 20; round++) {
      long last = writes().publishTogether(step(HotWrites.ANY, HotWrites.ANY, HotWrites.ANY));
      Concurrently.run(
          2,
          thread ->
              () -> {
                try {
                  stored.incrementAndGet();
                  return writes().publishTogether(step(last - 2, last - 1, last));
                } catch (PersistenceException e) {
                  stored.decrementAndGet();
                  assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT);
                  return 0L;
                }
              });
    }
    assertThat(stored).hasValue(20);
  }

  @Test
  void noReadOfSeveralKeysMeetsAPart() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    Callable<Boolean> writer =
        () -> {
          try {
            for (int i = 0; i < 300; i++) {
              writes().publishTogether(step(HotWrites.ANY, HotWrites.ANY, HotWrites.ANY));
            }
            return true;
          } finally {
            over.set(true);
          }
        };
    Callable<Boolean> reader =
        () -> {
          while (!over.get()) {
            Map<StateKey, HotEntry> found = all(ReadFrom.ANY_REPLICA);
            assertThat(found.values().stream().map(entry -> entry.metadata().writeId()).distinct())
                .hasSizeLessThanOrEqualTo(1);
            assertThat(found.size()).isIn(0, 3);
          }
          return true;
        };
    assertThat(Concurrently.run(2, thread -> thread == 0 ? writer : reader))
        .containsExactly(true, true);
  }

  private Map<StateKey, HotEntry> all(ReadFrom from) {
    return bucket().reads().getAll(List.of(A, B, C), from);
  }

  private static long sequence(Map<StateKey, HotEntry> found, StateKey key) {
    return Objects.requireNonNull(found.get(key)).sequence();
  }

  private long put(StateKey key, String value, long expected) {
    return writes()
        .publish(key, Operation.PUT, value.getBytes(UTF_8), EntryMetadata.NONE, expected);
  }

  private void refused(DataError error, List<Outgoing> step) {
    Map<StateKey, HotEntry> before = all(ReadFrom.LEADER);
    assertFails(error, () -> writes().publishTogether(step));
    Map<StateKey, HotEntry> after = all(ReadFrom.LEADER);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    before.forEach((key, entry) -> assertThat(sequence(after, key)).isEqualTo(entry.sequence()));
  }

  private static List<Outgoing> step(long expectedA, long expectedB, long expectedC) {
    String id = UUID.randomUUID().toString();
    return List.of(
        message(id, A, id, expectedA, 1, 3),
        message(id, B, id, expectedB, 2, 3),
        message(id, C, id, expectedC, 3, 3));
  }

  private static Outgoing message(
      String id, StateKey key, String value, long expected, int index, int count) {
    return new Outgoing(
        key,
        Operation.PUT,
        value.getBytes(UTF_8),
        EntryMetadata.NONE.inStep(id, new StepPlace(index, count)),
        expected);
  }
}
