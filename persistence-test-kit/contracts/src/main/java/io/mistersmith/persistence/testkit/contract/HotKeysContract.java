package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Any legal key can be stored, differs from all others, and is found by its prefixes. */
public abstract class HotKeysContract extends StoresContract {

  private static final int LISTS = 150;

  /** For implementations. */
  protected HotKeysContract() {}

  @Test
  void anyLegalKeyIsStoredAndNoTwoAreTheSame() throws Exception {
    List<StateKey> keys = AwkwardKeys.keys();
    putAll(keys);

    for (StateKey key : keys) {
      HotEntry entry = bucket().reads().get(key, ReadFrom.LEADER).orElseThrow();
      assertThat(entry.key()).isEqualTo(key);
      assertThat(new String(entry.value(), UTF_8)).isEqualTo(key.toString());
    }
    assertThat(keys.stream().map(bucket().journal()::subject)).doesNotHaveDuplicates();
  }

  @Test
  void theJournalGivesKeysBackAsTheyWere() throws Exception {
    List<StateKey> keys = AwkwardKeys.keys();
    putAll(keys);
    List<StateKey> read = new ArrayList<>();
    try (JournalReader reader = bucket().journal().read(JournalRange.from(1))) {
      for (int i = 0; i < keys.size(); i++) {
        JournalEntry entry = reader.next(Duration.ofSeconds(10)).orElseThrow();
        assertThat(entry.subject())
            .isEqualTo(bucket().journal().subject(entry.key().orElseThrow()));
        read.add(entry.key().orElseThrow());
      }
    }
    assertThat(read).isEqualTo(keys);
  }

  @Test
  void prefixesAreTakenLiterally() throws Exception {
    List<StateKey> keys = AwkwardKeys.keys();
    putAll(keys);
    Stream<String> prefixes =
        Stream.concat(
            Stream.of("", "a", "a.", "step", "step_", "step%", "*", ">", "nothing starts so"),
            keys.stream().map(StateKey::key));
    prefixes
        .distinct()
        .forEach(
            prefix ->
                assertThat(bucket().reads().list(AwkwardKeys.AGENT, "_." + prefix))
                    .as("prefix '%s'", prefix)
                    .extracting(HotEntry::key)
                    .containsExactlyInAnyOrderElementsOf(
                        keys.stream()
                            .filter(key -> key.agent().equals(AwkwardKeys.AGENT))
                            .filter(key -> key.key().startsWith(prefix))
                            .toList()));
  }

  @Test
  void aListHasMarkersAndNoValues() {
    StateKey gone = StateKey.of(AgentId.external("agent"), "gone");
    bucket()
        .writes()
        .publish(gone, Operation.PUT, "1".getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
    long marker =
        bucket()
            .writes()
            .publish(gone, Operation.DELETE, new byte[0], EntryMetadata.NONE, HotWrites.ANY);

    List<HotEntry> listed = bucket().reads().list(AgentId.external("agent"), "_.go");
    assertThat(listed).hasSize(1);
    assertThat(listed.get(0).operation()).isEqualTo(Operation.DELETE);
    assertThat(listed.get(0).sequence()).isEqualTo(marker);
    assertThat(listed.get(0).value()).isEmpty();
  }

  @Test
  void theLatestMessageOfAnOwnerIsOfAnyOfTheKeys() {
    HotBucket bucket = bucket();
    assertThat(bucket.reads().latest(AgentId.external("agent"))).isEmpty();
    StateKey first = StateKey.of(AgentId.external("agent"), "first");
    bucket
        .writes()
        .publish(first, Operation.PUT, "1".getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
    long last =
        bucket
            .writes()
            .publish(
                StateKey.of(AgentId.external("agent"), "a.second"),
                Operation.DELETE,
                new byte[0],
                EntryMetadata.NONE,
                HotWrites.ANY);
    assertThat(bucket.reads().latest(AgentId.external("agent")).orElseThrow().sequence())
        .isEqualTo(last);
    StateKey other = StateKey.of(AgentId.external("agent2"), "first");
    bucket
        .writes()
        .publish(other, Operation.PUT, "1".getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
    assertThat(bucket.reads().latest(AgentId.external("agent")).orElseThrow().sequence())
        .isEqualTo(last);

    long again =
        bucket
            .writes()
            .publish(first, Operation.PUT, "2".getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
    MessagePlace latest = bucket.reads().latest(AgentId.external("agent")).orElseThrow();
    assertThat(latest.sequence()).isEqualTo(again);
    assertThat(latest.time())
        .isEqualTo(bucket.reads().get(first, ReadFrom.LEADER).orElseThrow().time());
  }

  @Test
  void theKeysOfAnOwnerAreThoseThatHaveAMessage() throws Exception {
    List<StateKey> keys = AwkwardKeys.keys();
    putAll(keys);
    StateKey deleted = StateKey.of(AwkwardKeys.AGENT, "deleted");
    bucket()
        .writes()
        .publish(deleted, Operation.DELETE, new byte[0], EntryMetadata.NONE, HotWrites.ANY);
    StateKey evicted = StateKey.of(AwkwardKeys.AGENT, "evicted");
    long sequence =
        bucket()
            .writes()
            .publish(evicted, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotWrites.ANY);
    bucket()
        .writes()
        .evict(bucket().journal().subject(evicted), sequence)
        .get(60, TimeUnit.SECONDS);

    assertThat(bucket().reads().keysAsync(AwkwardKeys.AGENT, "").get(60, TimeUnit.SECONDS))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(keys.stream(), Stream.of(deleted))
                .filter(key -> key.agent().equals(AwkwardKeys.AGENT))
                .toList());
    assertThat(bucket().reads().keysAsync(AgentId.external("nobody"), "").get(60, TimeUnit.SECONDS))
        .isEmpty();
  }

  @Test
  void listsAndBulkReadsBeyondTheServersBatchAreComplete() throws Exception {
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 2_500; i++) {
      keys.add(StateKey.of(AgentId.external("agent"), "many.k" + i));
    }
    putAll(keys);
    putAll(
        List.of(
            StateKey.of(AgentId.external("agent"), "manyfold"),
            StateKey.of(AgentId.external("agent2"), "many.k1")));
    List<StateKey> asked = new ArrayList<>(keys);
    asked.add(StateKey.of(AgentId.external("agent"), "missing"));

    assertThat(bucket().reads().list(AgentId.external("agent"), "_.many."))
        .extracting(HotEntry::key)
        .containsExactlyInAnyOrderElementsOf(keys);
    assertThat(bucket().reads().keysAsync(AgentId.external("agent"), "").get(60, TimeUnit.SECONDS))
        .hasSize(keys.size() + 1)
        .containsAll(keys);
    Map<StateKey, HotEntry> found = bucket().reads().getAll(asked, ReadFrom.ANY_REPLICA);
    assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(keys);
    found.forEach(
        (key, entry) -> assertThat(new String(entry.value(), UTF_8)).isEqualTo(key.toString()));
    assertThat(bucket().reads().getAll(List.of(), ReadFrom.LEADER)).isEmpty();
  }

  /** The own key is never evicted, and the busy ones always have a message. */
  @Test
  void aListMissesNothingAndWaitsForNothingWhileKeysAreOverwrittenAndEvicted() throws Exception {
    HotBucket bucket = bucket();
    List<StateKey> busy = numbered("busy.");
    List<StateKey> idle = numbered("idle.");
    putAll(busy);
    try (Repeated others = new Repeated()) {
      others.start(() -> putAll(busy));
      others.start(() -> putAndEvict(bucket, idle));
      for (int i = 0; i < LISTS; i++) {
        StateKey own = StateKey.of(AgentId.external("agent"), "own." + i % 20);
        long written =
            bucket
                .writes()
                .publish(own, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotWrites.ANY);
        Map<StateKey, Long> listed =
            bucket.reads().list(AgentId.external("agent"), "").stream()
                .collect(Collectors.toMap(HotEntry::key, HotEntry::sequence));
        assertThat(listed.get(own)).as("list %d", i).isEqualTo(written);
        assertThat(listed).as("list %d", i).containsKeys(busy.toArray(StateKey[]::new));
        assertThat(
                bucket.reads().keysAsync(AgentId.external("agent"), "").get(60, TimeUnit.SECONDS))
            .contains(own)
            .containsAll(busy);
      }
    }
  }

  private static List<StateKey> numbered(String prefix) {
    return IntStream.range(0, 64)
        .mapToObj(i -> StateKey.of(AgentId.external("agent"), prefix + i))
        .toList();
  }

  private List<Void> putAndEvict(HotBucket bucket, List<StateKey> keys) throws Exception {
    List<Long> written = putAll(keys);
    List<CompletableFuture<Void>> evictions = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      evictions.add(bucket.writes().evict(bucket.journal().subject(keys.get(i)), written.get(i)));
    }
    return all(evictions);
  }

  @Test
  void aSubjectThatNobodyHereWritesHasNoKey() {
    String subject = "$KV." + bucket().name() + ".lonely";
    publishRaw(bucket(), subject, "1".getBytes(UTF_8));
    try (JournalReader reader = bucket().journal().read(JournalRange.from(1))) {
      JournalEntry entry = reader.next(Duration.ofSeconds(10)).orElseThrow();
      assertThat(entry.subject()).isEqualTo(subject);
      assertThat(entry.key()).isEqualTo(Optional.empty());
      assertThat(entry.operation()).isEqualTo(Operation.PUT);
      assertThat(entry.value()).isEqualTo("1".getBytes(UTF_8));
    }
  }

  private List<Long> putAll(List<StateKey> keys) throws Exception {
    List<CompletableFuture<Long>> writes = new ArrayList<>();
    for (StateKey key : keys) {
      byte[] value = key.toString().getBytes(UTF_8);
      writes.add(
          bucket()
              .writes()
              .publishAsync(key, Operation.PUT, value, EntryMetadata.NONE, HotWrites.ANY));
    }
    return all(writes);
  }

  private static <T> List<T> all(List<CompletableFuture<T>> futures) throws Exception {
    List<T> results = new ArrayList<>();
    for (CompletableFuture<T> future : futures) {
      results.add(future.get(60, TimeUnit.SECONDS));
    }
    return results;
  }
}
