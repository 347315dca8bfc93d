package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What reading a bucket's stream as a journal must do. */
public abstract class HotJournalContract extends StoresContract {

  private static final Duration LONG = Duration.ofSeconds(10);

  /** For implementations. */
  protected HotJournalContract() {}

  @Test
  void theJournalHasEveryMessageInOrder() {
    put("agent", "a", "1");
    put("agent", "b", "2");
    long marker =
        journal()
            .publish(
                StateKey.of("agent", "a"),
                Operation.DELETE,
                new byte[0],
                EntryMetadata.NONE,
                HotBucket.ANY);
    put("agent", "a", "3");

    List<JournalEntry> read = read(JournalRange.from(1), 4);
    assertThat(read).extracting(JournalEntry::sequence).containsExactly(1L, 2L, marker, 4L);
    assertThat(read).extracting(JournalEntry::pending).containsExactly(3L, 2L, 1L, 0L);
    assertThat(values(read)).containsExactly("1", "2", "", "3");
    assertThat(read.get(2).operation()).isEqualTo(Operation.DELETE);
    assertThat(read.get(0).metadata()).isEqualTo(EntryMetadata.NONE);
  }

  @Test
  void anEntryHasOneTimeHoweverItIsRead() {
    put("agent", "a", "1");
    JournalEntry read = read(JournalRange.from(1), 1).get(0);
    assertThat(read.time())
        .isEqualTo(journal().get(StateKey.of("agent", "a"), ReadFrom.LEADER).orElseThrow().time());
    assertThat(read.time())
        .isBetween(
            config().build().clock().instant().minusSeconds(60),
            config().build().clock().instant().plusSeconds(60));
  }

  @Test
  void readingBeginsAtTheSequenceAskedForOrTheNextOneThatIsThere() throws Exception {
    for (int i = 1; i <= 6; i++) {
      put("agent", "k" + i, "" + i);
    }
    journal().evict(journal().subject(StateKey.of("agent", "k4")), 4).get(10, TimeUnit.SECONDS);

    assertThat(values(read(JournalRange.from(4), 2))).containsExactly("5", "6");
    assertThat(values(read(JournalRange.from(3), 3))).containsExactly("3", "5", "6");
  }

  @Test
  void readingBeyondTheEndWaitsForWhatComes() {
    put("agent", "a", "1");
    try (JournalReader reader = journal().read(JournalRange.from(2))) {
      assertThat(reader.next(Duration.ofMillis(200))).isEmpty();
      put("agent", "b", "2");
      assertThat(reader.next(LONG).orElseThrow().sequence()).isEqualTo(2);
      assertThat(reader.next(Duration.ZERO)).isEmpty();
    }
  }

  @Test
  void readingBeginsAtATime() {
    List<Instant> times = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      put("agent", "k" + i, "" + i);
      times.add(journal().get(StateKey.of("agent", "k" + i), ReadFrom.LEADER).orElseThrow().time());
      elapse(Duration.ofMillis(5));
    }
    assertThat(values(read(JournalRange.from(times.get(2)), 3))).containsExactly("3", "4", "5");
    assertThat(values(read(JournalRange.from(times.get(2).plusNanos(1)), 2)))
        .containsExactly("4", "5");
    assertThat(values(read(JournalRange.from(Instant.EPOCH), 5))).hasSize(5);
    try (JournalReader reader = journal().read(JournalRange.from(times.get(4).plusNanos(1)))) {
      assertThat(reader.next(Duration.ofMillis(200))).isEmpty();
    }
  }

  @Test
  void oneOwnersMessagesCanBeReadAlone() {
    put("agent", "a", "1");
    put("agent2", "a", "2");
    put("agent.a", "a", "3");
    put("agent", "b.c", "4");

    List<JournalEntry> read = read(JournalRange.from(1).ofAgent("agent"), 2);
    assertThat(values(read)).containsExactly("1", "4");
    assertThat(read).extracting(JournalEntry::pending).containsExactly(1L, 0L);
    assertThat(values(read(JournalRange.from(1).ofAgent("agent.a"), 1))).containsExactly("3");
  }

  @Test
  void valuesCanBeLeftOut() {
    put("agent", "a", "1");
    journal()
        .publish(
            StateKey.of("agent", "b"),
            Operation.DELETE,
            new byte[0],
            new EntryMetadata(Optional.empty(), Optional.empty(), Optional.of("w")),
            HotBucket.ANY);
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
      put("agent", "a", "" + i);
    }
    List<JournalEntry> read = read(JournalRange.from(1), history);
    assertThat(values(read).get(0)).isEqualTo("4");
    assertThat(read.get(history - 1).pending()).isZero();
  }

  @Test
  void aReaderFollowsTheStream() throws Exception {
    int messages = 2_000;
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; i < messages; i++) {
                put("agent", "k" + i, "" + i);
              }
            });
    try (JournalReader reader = journal().read(JournalRange.from(1))) {
      for (int i = 0; i < messages; i++) {
        JournalEntry entry = reader.next(LONG).orElseThrow();
        assertThat(entry.sequence()).isEqualTo(i + 1);
        assertThat(new String(entry.value(), UTF_8)).isEqualTo("" + i);
      }
      assertThat(reader.next(Duration.ZERO)).isEmpty();
    }
    writer.get(10, TimeUnit.SECONDS);
  }

  @Test
  void largeMessagesAreReadInFull() {
    byte[] large = new byte[900 * 1024];
    for (int i = 0; i < 20; i++) {
      large[0] = (byte) i;
      journal()
          .publish(
              StateKey.of("agent", "k" + i),
              Operation.PUT,
              large,
              EntryMetadata.NONE,
              HotBucket.ANY);
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
      put("agent", "k" + i, "" + i);
    }
    try (JournalReader one = journal().read(JournalRange.from(1));
        JournalReader two = journal().read(JournalRange.from(1))) {
      for (long i = 1; i <= 3; i++) {
        assertThat(one.next(LONG).orElseThrow().sequence()).isEqualTo(i);
        assertThat(two.next(LONG).orElseThrow().sequence()).isEqualTo(i);
      }
    }
  }

  @Test
  void readingAfterCloseFails() {
    put("agent", "a", "1");
    JournalReader reader = journal().read(JournalRange.from(1));
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
    try (JournalReader reader = journal().read(range)) {
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

  private void put(String agent, String key, String value) {
    journal()
        .publish(
            StateKey.of(agent, key),
            Operation.PUT,
            value.getBytes(UTF_8),
            EntryMetadata.NONE,
            HotBucket.ANY);
  }
}
