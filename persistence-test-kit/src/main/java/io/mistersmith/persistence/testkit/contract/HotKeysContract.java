package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
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

/** That any legal key can be stored, is told from all others, and is found by its prefixes. */
public abstract class HotKeysContract extends StoresContract {

  private static final int LISTS = 150;

  /** For implementations. */
  protected HotKeysContract() {}

  @Test
  void anyLegalKeyIsStoredAndNoTwoAreTheSame() throws Exception {
    List<StateKey> keys = AwkwardKeys.keys();
    putAll(keys);

    for (StateKey key : keys) {
      HotEntry entry = journal().get(key, ReadFrom.LEADER).orElseThrow();
      assertThat(entry.key()).isEqualTo(key);
      assertThat(new String(entry.value(), UTF_8)).isEqualTo(key.toString());
    }
    assertThat(keys.stream().map(journal()::subject)).doesNotHaveDuplicates();
  }

  @Test
  void theJournalGivesKeysBackAsTheyWere() throws Exception {
    List<StateKey> keys = AwkwardKeys.keys();
    putAll(keys);
    List<StateKey> read = new ArrayList<>();
    try (JournalReader reader = journal().read(JournalRange.from(1))) {
      for (int i = 0; i < keys.size(); i++) {
        JournalEntry entry = reader.next(Duration.ofSeconds(10)).orElseThrow();
        assertThat(entry.subject()).isEqualTo(journal().subject(entry.key().orElseThrow()));
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
                assertThat(journal().list(AwkwardKeys.AGENT, prefix))
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
    StateKey gone = StateKey.of("agent", "gone");
    journal().publish(gone, Operation.PUT, "1".getBytes(UTF_8), EntryMetadata.NONE, HotBucket.ANY);
    long marker =
        journal().publish(gone, Operation.DELETE, new byte[0], EntryMetadata.NONE, HotBucket.ANY);

    List<HotEntry> listed = journal().list("agent", "go");
    assertThat(listed).hasSize(1);
    assertThat(listed.get(0).operation()).isEqualTo(Operation.DELETE);
    assertThat(listed.get(0).sequence()).isEqualTo(marker);
    assertThat(listed.get(0).value()).isEmpty();
  }

  @Test
  void theKeysOfAnOwnerAreThoseThatHaveAMessage() throws Exception {
    List<StateKey> keys = AwkwardKeys.keys();
    putAll(keys);
    StateKey deleted = StateKey.of(AwkwardKeys.AGENT, "deleted");
    journal().publish(deleted, Operation.DELETE, new byte[0], EntryMetadata.NONE, HotBucket.ANY);
    StateKey evicted = StateKey.of(AwkwardKeys.AGENT, "evicted");
    long sequence =
        journal()
            .publish(evicted, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotBucket.ANY);
    journal().evict(journal().subject(evicted), sequence).get(10, TimeUnit.SECONDS);

    assertThat(journal().keysAsync(AwkwardKeys.AGENT).get(10, TimeUnit.SECONDS))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(keys.stream(), Stream.of(deleted))
                .filter(key -> key.agent().equals(AwkwardKeys.AGENT))
                .toList());
    assertThat(journal().keysAsync("nobody").get(10, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void listsAndBulkReadsBeyondTheServersBatchAreComplete() throws Exception {
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 2_500; i++) {
      keys.add(StateKey.of("agent", "many.k" + i));
    }
    putAll(keys);
    putAll(List.of(StateKey.of("agent", "manyfold"), StateKey.of("agent2", "many.k1")));
    List<StateKey> asked = new ArrayList<>(keys);
    asked.add(StateKey.of("agent", "missing"));

    assertThat(journal().list("agent", "many."))
        .extracting(HotEntry::key)
        .containsExactlyInAnyOrderElementsOf(keys);
    assertThat(journal().keysAsync("agent").get(10, TimeUnit.SECONDS))
        .hasSize(keys.size() + 1)
        .containsAll(keys);
    Map<StateKey, HotEntry> found = journal().getAll(asked, ReadFrom.ANY_REPLICA);
    assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(keys);
    found.forEach(
        (key, entry) -> assertThat(new String(entry.value(), UTF_8)).isEqualTo(key.toString()));
    assertThat(journal().getAll(List.of(), ReadFrom.LEADER)).isEmpty();
  }

  /** The own key is never evicted, and the busy ones always have a message. */
  @Test
  void aListMissesNothingAndWaitsForNothingWhileKeysAreOverwrittenAndEvicted() throws Exception {
    HotBucket bucket = journal();
    List<StateKey> busy = numbered("busy.");
    List<StateKey> idle = numbered("idle.");
    putAll(busy);
    try (Repeated others = new Repeated()) {
      others.start(() -> putAll(busy));
      others.start(() -> putAndEvict(bucket, idle));
      for (int i = 0; i < LISTS; i++) {
        StateKey own = StateKey.of("agent", "own." + i % 20);
        long written =
            bucket.publish(own, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotBucket.ANY);
        Map<StateKey, Long> listed =
            bucket.list("agent", "").stream()
                .collect(Collectors.toMap(HotEntry::key, HotEntry::sequence));
        assertThat(listed.get(own)).as("list %d", i).isEqualTo(written);
        assertThat(listed).as("list %d", i).containsKeys(busy.toArray(StateKey[]::new));
        assertThat(bucket.keysAsync("agent").get(10, TimeUnit.SECONDS))
            .contains(own)
            .containsAll(busy);
      }
    }
  }

  private static List<StateKey> numbered(String prefix) {
    return IntStream.range(0, 64).mapToObj(i -> StateKey.of("agent", prefix + i)).toList();
  }

  private List<Void> putAndEvict(HotBucket bucket, List<StateKey> keys) throws Exception {
    List<Long> written = putAll(keys);
    List<CompletableFuture<Void>> evictions = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      evictions.add(bucket.evict(bucket.subject(keys.get(i)), written.get(i)));
    }
    return all(evictions);
  }

  @Test
  void aSubjectThatNobodyHereWritesHasNoKey() {
    String subject = "$KV." + journal().name() + ".lonely";
    publishRaw(journal(), subject, "1".getBytes(UTF_8));
    try (JournalReader reader = journal().read(JournalRange.from(1))) {
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
          journal().publishAsync(key, Operation.PUT, value, EntryMetadata.NONE, HotBucket.ANY));
    }
    return all(writes);
  }

  private static <T> List<T> all(List<CompletableFuture<T>> futures) throws Exception {
    List<T> results = new ArrayList<>();
    for (CompletableFuture<T> future : futures) {
      results.add(future.get(30, TimeUnit.SECONDS));
    }
    return results;
  }
}
