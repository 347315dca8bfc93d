package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract of reading a bucket's stream as a journal. */
public abstract class HotJournalContract extends StoresContract {

  private static final Duration LONG = Duration.ofSeconds(10);

  /** Owners in three shards. */
  private static final AgentId ONE = AgentId.external("one");

  private static final AgentId TWO = AgentId.external("two");
  private static final AgentId THREE = AgentId.external("three");

  /** For implementations. */
  protected HotJournalContract() {}

  @Test
  void theJournalHasEveryMessageInOrder() {
    put(AgentId.external("agent"), "a", "1");
    put(AgentId.external("agent"), "b", "2");
    long marker =
        bucket()
            .writes()
            .publish(
                StateKey.of(AgentId.external("agent"), "a"),
                Operation.DELETE,
                new byte[0],
                EntryMetadata.NONE,
                HotWrites.ANY);
    put(AgentId.external("agent"), "a", "3");

    List<JournalEntry> read = read(JournalRange.from(1), 4);
    assertThat(read).extracting(JournalEntry::sequence).containsExactly(1L, 2L, marker, 4L);
    assertThat(read).extracting(JournalEntry::pending).containsExactly(3L, 2L, 1L, 0L);
    assertThat(values(read)).containsExactly("1", "2", "", "3");
    assertThat(read.get(2).operation()).isEqualTo(Operation.DELETE);
    assertThat(read.get(0).metadata()).isEqualTo(EntryMetadata.NONE);
  }

  @Test
  void anEntryHasOneTimeHoweverItIsRead() {
    put(AgentId.external("agent"), "a", "1");
    JournalEntry read = read(JournalRange.from(1), 1).get(0);
    assertThat(read.time())
        .isEqualTo(
            bucket()
                .reads()
                .get(StateKey.of(AgentId.external("agent"), "a"), ReadFrom.LEADER)
                .orElseThrow()
                .time());
    assertThat(read.time())
        .isBetween(
            config().build().clock().instant().minusSeconds(60),
            config().build().clock().instant().plusSeconds(60));
  }

  @Test
  void readingBeginsAtTheSequenceAskedForOrTheNextOneThatIsThere() throws Exception {
    for (int i = 1; i <= 6; i++) {
      put(AgentId.external("agent"), "k" + i, "" + i);
    }
    bucket()
        .writes()
        .evict(bucket().journal().subject(StateKey.of(AgentId.external("agent"), "k4")), 4)
        .get(60, TimeUnit.SECONDS);

    assertThat(values(read(JournalRange.from(4), 2))).containsExactly("5", "6");
    assertThat(values(read(JournalRange.from(3), 3))).containsExactly("3", "5", "6");
  }

  @Test
  void readingBeyondTheEndWaitsForWhatComes() {
    put(AgentId.external("agent"), "a", "1");
    try (JournalReader reader = bucket().journal().read(JournalRange.from(2))) {
      assertThat(reader.next(Duration.ofMillis(200))).isEmpty();
      put(AgentId.external("agent"), "b", "2");
      assertThat(reader.next(LONG).orElseThrow().sequence()).isEqualTo(2);
      assertThat(reader.next(Duration.ZERO)).isEmpty();
    }
  }

  @Test
  void readingBeginsAtATime() {
    List<Instant> times = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      put(AgentId.external("agent"), "k" + i, "" + i);
      times.add(
          bucket()
              .reads()
              .get(StateKey.of(AgentId.external("agent"), "k" + i), ReadFrom.LEADER)
              .orElseThrow()
              .time());
      elapse(Duration.ofMillis(5));
    }
    assertThat(values(read(JournalRange.from(times.get(2)), 3))).containsExactly("3", "4", "5");
    assertThat(values(read(JournalRange.from(times.get(2).plusNanos(1)), 2)))
        .containsExactly("4", "5");
    assertThat(values(read(JournalRange.from(Instant.EPOCH), 5))).hasSize(5);
    try (JournalReader reader =
        bucket().journal().read(JournalRange.from(times.get(4).plusNanos(1)))) {
      assertThat(reader.next(Duration.ofMillis(200))).isEmpty();
    }
  }

  @Test
  void oneOwnersMessagesCanBeReadAlone() {
    put(AgentId.external("agent"), "a", "1");
    put(AgentId.external("agent2"), "a", "2");
    put(AgentId.external("agent.a"), "a", "3");
    put(AgentId.external("agent"), "b.c", "4");

    List<JournalEntry> read = read(JournalRange.from(1).ofAgent(AgentId.external("agent")), 2);
    assertThat(values(read)).containsExactly("1", "4");
    assertThat(read).extracting(JournalEntry::pending).containsExactly(1L, 0L);
    assertThat(values(read(JournalRange.from(1).ofAgent(AgentId.external("agent.a")), 1)))
        .containsExactly("3");
  }

  @Test
  void someShardsMessagesCanBeReadAlone() {
    put(ONE, "a", "1");
    put(TWO, "a", "2");
    put(THREE, "a", "3");
    put(ONE, "b", "4");
    put(TWO, "b", "5");
    assertThat(valuesOfShards(1, 4, ONE, TWO)).containsExactly("1", "2", "4", "5");
    assertThat(valuesOfShards(2, 1, ONE)).containsExactly("4");
    try (JournalReader reader = bucket().journal().read(JournalRange.from(1).ofShards(Set.of()))) {
      assertThat(reader.next(LONG).orElseThrow().sequence()).isEqualTo(1);
      assertThat(reader.readsAllShards()).as("it was asked for all").isFalse();
    }
  }

  /** The first values of these owners' shards; a reader that has others' says so. */
  private List<String> valuesOfShards(long from, int expected, AgentId... owners) {
    Set<Integer> shards = shards(owners);
    List<String> values = new ArrayList<>();
    try (JournalReader reader = bucket().journal().read(JournalRange.from(from).ofShards(shards))) {
      while (values.size() < expected) {
        JournalEntry entry = reader.next(LONG).orElseThrow();
        if (shards.contains(entry.key().orElseThrow().agent().shard())) {
          values.add(new String(entry.value(), UTF_8));
        } else {
          assertThat(reader.readsAllShards()).isTrue();
        }
      }
      assertThat(reader.readsAllShards() || reader.next(Duration.ZERO).isEmpty())
          .as("nothing is left")
          .isTrue();
    }
    return values;
  }

  private static Set<Integer> shards(AgentId... owners) {
    return Arrays.stream(owners).map(AgentId::shard).collect(Collectors.toSet());
  }

  @Test
  void aReaderSaysHowFarItHasLooked() {
    put(ONE, "a", "1");
    try (JournalReader reader =
        bucket().journal().read(JournalRange.from(3).ofShards(shards(ONE)))) {
      assertThat(reader.position()).as("where it was to begin").isEqualTo(2);
      for (int i = 2; i <= 9; i++) {
        put(i == 5 ? ONE : TWO, "k" + i, "" + i);
      }
      assertThat(reader.position()).as("it has returned nothing yet").isLessThan(5);
      List<Long> returned = new ArrayList<>();
      long deadline = System.nanoTime() + LONG.toNanos();
      while (reader.position() < 9 && System.nanoTime() < deadline) {
        reader.next(Duration.ofMillis(50)).ifPresent(entry -> returned.add(entry.sequence()));
        assertThat(reader.position() < 5 || returned.contains(5L))
            .as("it passes none over")
            .isTrue();
      }
      assertThat(reader.position()).as("nothing of it follows").isEqualTo(9);
      put(ONE, "k10", "10");
      assertThat(reader.next(LONG)).isPresent();
      assertThat(reader.position()).isEqualTo(10);
    }
  }

  /** As the watch of a cache does it, when another shard is to be read. */
  @Test
  void aReaderThatTakesThePlaceOfAnotherMissesNothing() throws Exception {
    int messages = 600;
    CompletableFuture<Void> writer =
        OwnThread.run(
            () -> {
              for (int i = 0; i < messages; i++) {
                put(TWO, "k" + i, "" + i);
                put(ONE, "k" + i, "" + i);
                put(THREE, "k" + i, "" + i);
              }
            });
    List<Set<Integer>> turns = List.of(shards(ONE), shards(ONE, TWO), shards(ONE, THREE));
    List<String> values = new ArrayList<>();
    long position = 0;
    for (int turn = 0; values.size() < messages; turn++) {
      JournalRange range = JournalRange.from(position + 1).withoutValues();
      try (JournalReader reader = bucket().journal().read(range.ofShards(turns.get(turn % 3)))) {
        for (int i = 0; i < 70 && values.size() < messages; i++) {
          StateKey key = reader.next(LONG).orElseThrow().key().orElseThrow();
          if (key.agent().equals(ONE)) {
            values.add(key.key());
          }
        }
        position = reader.position();
      }
    }
    writer.get(60, TimeUnit.SECONDS);
    assertThat(values)
        .containsExactlyElementsOf(IntStream.range(0, messages).mapToObj(i -> "k" + i).toList());
  }

  @Test
  void valuesCanBeLeftOut() {
    put(AgentId.external("agent"), "a", "1");
    bucket()
        .writes()
        .publish(
            StateKey.of(AgentId.external("agent"), "b"),
            Operation.DELETE,
            new byte[0],
            new EntryMetadata(Optional.empty(), Optional.empty(), Optional.of("w")),
            HotWrites.ANY);
    List<JournalEntry> read = read(JournalRange.from(1).withoutValues(), 2);
    assertThat(values(read)).containsExactly("", "");
    assertThat(read)
        .extracting(JournalEntry::operation)
        .containsExactly(Operation.PUT, Operation.DELETE);
    assertThat(read.get(1).metadata().writeId()).contains("w");
  }

  @Test
  void aKeyKeepsItsLastVersionsOnly() {
    int history = config().build().bucket(Bucket.AGENT_STATE).history();
    for (int i = 1; i <= history + 3; i++) {
      put(AgentId.external("agent"), "a", "" + i);
    }
    List<JournalEntry> read = read(JournalRange.from(1), history);
    assertThat(values(read).get(0)).isEqualTo("4");
    assertThat(read.get(history - 1).pending()).isZero();
  }

  @Test
  void aReaderFollowsTheStream() throws Exception {
    int messages = 2_000;
    CompletableFuture<Void> writer =
        OwnThread.run(
            () -> {
              for (int i = 0; i < messages; i++) {
                put(AgentId.external("agent"), "k" + i, "" + i);
              }
            });
    try (JournalReader reader = bucket().journal().read(JournalRange.from(1))) {
      for (int i = 0; i < messages; i++) {
        JournalEntry entry = reader.next(LONG).orElseThrow();
        assertThat(entry.sequence()).isEqualTo(i + 1);
        assertThat(new String(entry.value(), UTF_8)).isEqualTo("" + i);
      }
      assertThat(reader.next(Duration.ZERO)).isEmpty();
    }
    writer.get(60, TimeUnit.SECONDS);
  }

  @Test
  void largeMessagesAreReadInFull() {
    byte[] large = new byte[900 * 1024];
    for (int i = 0; i < 20; i++) {
      large[0] = (byte) i;
      bucket()
          .writes()
          .publish(
              StateKey.of(AgentId.external("agent"), "k" + i),
              Operation.PUT,
              large,
              EntryMetadata.NONE,
              HotWrites.ANY);
    }
    List<JournalEntry> read = read(JournalRange.from(1), 20);
    for (int i = 0; i < 20; i++) {
      assertThat(read.get(i).value()).hasSize(large.length);
      assertThat(read.get(i).value()[0]).isEqualTo((byte) i);
    }
  }

  @Test
  void severalReadersDoNotDisturbEachOther() {
    for (int i = 1; i <= 3; i++) {
      put(AgentId.external("agent"), "k" + i, "" + i);
    }
    try (JournalReader one = bucket().journal().read(JournalRange.from(1));
        JournalReader two = bucket().journal().read(JournalRange.from(1))) {
      for (long i = 1; i <= 3; i++) {
        assertThat(one.next(LONG).orElseThrow().sequence()).isEqualTo(i);
        assertThat(two.next(LONG).orElseThrow().sequence()).isEqualTo(i);
      }
    }
  }

  @Test
  void readingAfterCloseFails() {
    put(AgentId.external("agent"), "a", "1");
    JournalReader reader = bucket().journal().read(JournalRange.from(1));
    assertThat(reader.next(LONG)).isPresent();
    stores().close();
    assertThatThrownBy(() -> reader.next(Duration.ofSeconds(1)))
        .isInstanceOf(PersistenceException.class);
    reader.close();
    reader.close();
  }

  /** The first messages of a range, which must be all that there are. */
  private List<JournalEntry> read(JournalRange range, int expected) {
    List<JournalEntry> entries = new ArrayList<>();
    try (JournalReader reader = bucket().journal().read(range)) {
      while (entries.size() < expected) {
        entries.add(reader.next(LONG).orElseThrow());
      }
      assertThat(reader.next(Duration.ZERO)).as("nothing is left").isEmpty();
    }
    return entries;
  }

  private static List<String> values(List<JournalEntry> entries) {
    return entries.stream().map(entry -> new String(entry.value(), UTF_8)).toList();
  }

  private void put(AgentId agent, String key, String value) {
    bucket()
        .writes()
        .publish(
            StateKey.of(agent, key),
            Operation.PUT,
            value.getBytes(UTF_8),
            EntryMetadata.NONE,
            HotWrites.ANY);
  }
}
