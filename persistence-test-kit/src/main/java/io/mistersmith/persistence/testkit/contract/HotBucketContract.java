package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.Provenance;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.spi.Stores;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What writes, compare-and-set, eviction and limits of a bucket must do. */
public abstract class HotBucketContract extends StoresContract {

  private static final StateKey KEY = StateKey.of("agent", "key");

  /** For implementations. */
  protected HotBucketContract() {}

  @Test
  void whatIsPublishedIsReadBackExactly() {
    byte[] value = {0, 1, (byte) 0xff, '{'};
    long sequence = journal().publish(KEY, Operation.PUT, value, EntryMetadata.NONE, HotBucket.ANY);

    for (ReadFrom from : ReadFrom.values()) {
      HotEntry entry = journal().get(KEY, from).orElseThrow();
      assertThat(entry.key()).isEqualTo(KEY);
      assertThat(entry.value()).containsExactly(value);
      assertThat(entry.sequence()).isEqualTo(sequence);
      assertThat(entry.operation()).isEqualTo(Operation.PUT);
      assertThat(entry.metadata()).isEqualTo(EntryMetadata.NONE);
    }
  }

  @Test
  void changingAnArrayAfterwardsChangesNothing() {
    byte[] value = bytes("before");
    journal().publish(KEY, Operation.PUT, value, EntryMetadata.NONE, HotBucket.ANY);
    value[0] = 'X';
    get(KEY).orElseThrow().value()[1] = 'X';

    assertThat(get(KEY).orElseThrow().value()).isEqualTo(bytes("before"));
  }

  @Test
  void metadataTravelsWithTheEntry() {
    Instant expires = Instant.parse("2031-02-03T04:05:06.789Z");
    EntryMetadata metadata =
        new EntryMetadata(
            Optional.of(new Revision(3, 4711)), Optional.of(expires), Optional.of("write-1"));
    journal().publish(KEY, Operation.PUT, bytes("{}"), metadata, HotBucket.ANY);
    assertThat(get(KEY).orElseThrow().metadata()).isEqualTo(metadata);

    EntryMetadata finer =
        new EntryMetadata(
            Optional.empty(), Optional.of(expires.plusNanos(999_999)), Optional.of("write-2"));
    journal().publish(KEY, Operation.DELETE, bytes(""), finer, HotBucket.ANY);
    assertThat(get(KEY).orElseThrow().metadata())
        .isEqualTo(
            new EntryMetadata(Optional.empty(), Optional.of(expires), Optional.of("write-2")));
  }

  @Test
  void theProvenanceTravelsWithTheEntry() {
    HybridTimestamp written = new HybridTimestamp(1_700_000_000_000L, 3, "node-1");
    Provenance alone = Provenance.of(written);
    Provenance after =
        new Provenance(
            written,
            alone
                .clock()
                .tick(new HybridTimestamp(5, 0, "a"))
                .tick(new HybridTimestamp(6, 0, "b"))
                .pruned(2));
    for (Provenance provenance : List.of(alone, after)) {
      EntryMetadata metadata = EntryMetadata.NONE.withProvenance(Optional.of(provenance));
      journal().publish(KEY, Operation.PUT, bytes("{}"), metadata, HotBucket.ANY);
      assertThat(get(KEY).orElseThrow().metadata()).isEqualTo(metadata);
    }
  }

  @Test
  void anEntryPastItsEndIsStillReadBecauseTheCallerDecides() {
    EntryMetadata over =
        new EntryMetadata(Optional.empty(), Optional.of(Instant.EPOCH), Optional.empty());
    journal().publish(KEY, Operation.PUT, bytes("1"), over, HotBucket.ANY);
    assertThat(get(KEY)).isPresent();
  }

  @Test
  void aMissingKeyIsEmpty() throws Exception {
    assertThat(get(KEY)).isEmpty();
    assertThat(journal().getAsync(KEY, ReadFrom.LEADER).get(10, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void aDeleteLeavesAMarkerWithoutValue() {
    put("1");
    long marker =
        journal()
            .publish(KEY, Operation.DELETE, bytes("ignored"), EntryMetadata.NONE, HotBucket.ANY);

    HotEntry entry = get(KEY).orElseThrow();
    assertThat(entry.operation()).isEqualTo(Operation.DELETE);
    assertThat(entry.value()).isEmpty();
    assertThat(entry.sequence()).isEqualTo(marker);
  }

  @Test
  void expectingNothingIsRefusedOverAValueAndOverAMarker() {
    long first = publish("1", HotBucket.NONE);
    assertFails(DataError.VERSION_CONFLICT, () -> publish("2", HotBucket.NONE));
    long marker =
        journal().publish(KEY, Operation.DELETE, bytes(""), EntryMetadata.NONE, HotBucket.ANY);
    assertFails(DataError.VERSION_CONFLICT, () -> publish("3", HotBucket.NONE));

    assertThat(marker).isGreaterThan(first);
    assertThat(get(KEY).orElseThrow().sequence()).isEqualTo(marker);
    assertThat(publish("4", marker)).isGreaterThan(marker);
  }

  @Test
  void onlyTheLatestSequenceIsAccepted() {
    long first = publish("1", HotBucket.NONE);
    long second = publish("2", first);

    assertFails(DataError.VERSION_CONFLICT, () -> publish("3", first));
    assertFails(DataError.VERSION_CONFLICT, () -> publish("3", second + 1));
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> journal().publish(KEY, Operation.DELETE, bytes(""), EntryMetadata.NONE, first));

    assertThat(get(KEY).orElseThrow().value()).isEqualTo(bytes("2"));
    assertThat(journal().state().lastSequence()).as("nothing was stored").isEqualTo(second);
  }

  @Test
  void aSequenceExpectedOfAMissingKeyIsRefused() {
    put("1");
    StateKey other = StateKey.of("agent", "other");
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> journal().publish(other, Operation.PUT, bytes("1"), EntryMetadata.NONE, 1));
    assertThat(get(other)).isEmpty();
  }

  @Test
  void ofConcurrentCreatorsOneWins() throws Exception {
    List<Boolean> created =
        Together.run(8, i -> () -> succeeds(() -> publish("" + i, HotBucket.NONE)));
    assertThat(created).containsOnlyOnce(true);
  }

  @Test
  void noIncrementIsLost() throws Exception {
    publish("0", HotBucket.NONE);
    Together.run(
        4,
        i ->
            () -> {
              for (int done = 0; done < 25; ) {
                HotEntry entry = get(KEY).orElseThrow();
                int next = Integer.parseInt(new String(entry.value(), UTF_8)) + 1;
                done += succeeds(() -> publish("" + next, entry.sequence())) ? 1 : 0;
              }
              return true;
            });
    assertThat(new String(get(KEY).orElseThrow().value(), UTF_8)).isEqualTo("100");
  }

  @Test
  void asynchronousWritesOfOneThreadAreStoredInOrder() throws Exception {
    List<CompletableFuture<Long>> writes = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      StateKey key = StateKey.of("agent", "k" + i % 7);
      writes.add(
          journal()
              .publishAsync(key, Operation.PUT, bytes("" + i), EntryMetadata.NONE, HotBucket.ANY));
    }
    long last = 0;
    for (CompletableFuture<Long> write : writes) {
      long sequence = write.get(30, TimeUnit.SECONDS);
      assertThat(sequence).isGreaterThan(last);
      last = sequence;
    }
    assertThat(get(StateKey.of("agent", "k" + 999 % 7)).orElseThrow().value())
        .isEqualTo(bytes("999"));
  }

  @Test
  void asynchronousFailuresAreTypedThemselves() throws Exception {
    put("1");
    assertFails(
        DataError.VERSION_CONFLICT,
        journal().publishAsync(KEY, Operation.PUT, bytes("2"), EntryMetadata.NONE, HotBucket.NONE));
    byte[] large = new byte[2 * 1024 * 1024];
    assertFails(
        DataError.VALUE_TOO_LARGE,
        journal().publishAsync(KEY, Operation.PUT, large, EntryMetadata.NONE, HotBucket.ANY));
  }

  @Test
  void evictionLeavesNoTraceAndKeepsWhatIsLater() throws Exception {
    long first = put("1");
    long second = put("2");
    String subject = journal().subject(KEY);

    journal().evict(subject, first).get(10, TimeUnit.SECONDS);
    assertThat(get(KEY).orElseThrow().sequence()).isEqualTo(second);
    assertThat(journal().state().messages()).isEqualTo(1);

    journal().evict(subject, second).get(10, TimeUnit.SECONDS);
    assertThat(get(KEY)).isEmpty();
    assertThat(journal().state().messages()).isZero();
    assertThat(journal().state().lastSequence()).as("no new sequence").isEqualTo(second);
    assertThat(publish("3", HotBucket.NONE)).isEqualTo(second + 1);

    journal().evict(journal().subject(StateKey.of("agent", "none")), 99).get(10, TimeUnit.SECONDS);
    assertThat(get(KEY)).isPresent();
  }

  @Test
  void evictingAnAgentLeavesTheOthers() {
    StateKey lookAlike = StateKey.of("agent2", "key");
    StateKey dotted = StateKey.of("agent.key", "key");
    put("1");
    put(StateKey.of("agent", "a.b"), "2");
    journal()
        .publish(
            StateKey.of("agent", "c"),
            Operation.DELETE,
            bytes(""),
            EntryMetadata.NONE,
            HotBucket.ANY);
    put(lookAlike, "3");
    put(dotted, "4");
    long last = journal().state().lastSequence();
    StateKey later = StateKey.of("agent", "later");
    put(later, "5");

    journal().evictAgent("agent", last);

    assertThat(journal().list("agent", "")).extracting(HotEntry::key).containsExactly(later);
    assertThat(get(lookAlike)).isPresent();
    assertThat(get(dotted)).isPresent();
    assertThat(journal().state().messages()).isEqualTo(3);
  }

  @Test
  void aBucketIsOneHandleWithItsFullName() {
    assertThat(journal()).isSameAs(stores().bucket(Bucket.AGENT_STATE));
    assertThat(journal().name())
        .isEqualTo(config().build().nats().namePrefix() + Bucket.AGENT_STATE.name());
    assertThat(journal().subject(KEY)).startsWith("$KV." + journal().name() + ".");
  }

  @Test
  void theStateSaysWhatTheStreamHolds() {
    BucketState empty = journal().state();
    assertThat(empty.messages()).isZero();
    assertThat(empty.lastSequence()).isZero();
    put("1");
    put("2");
    BucketState state = journal().state();
    assertThat(state.created()).isEqualTo(empty.created());
    assertThat(state.firstSequence()).isEqualTo(1);
    assertThat(state.lastSequence()).isEqualTo(2);
    assertThat(state.messages()).isEqualTo(2);
    assertThat(state.bytes()).isPositive();
  }

  @Test
  void severalRuntimesShareABucketAndItOutlivesThem() {
    put("1");
    Instant created = journal().state().created();
    Stores other = open(config().build());
    HotBucket theirs = other.bucket(Bucket.AGENT_STATE);
    assertThat(theirs.get(KEY, ReadFrom.LEADER)).isPresent();
    stores().close();
    other.close();
    HotBucket later = open(config().build()).bucket(Bucket.AGENT_STATE);
    assertThat(later.get(KEY, ReadFrom.LEADER).orElseThrow().value()).isEqualTo(bytes("1"));
    assertThat(later.state().created()).isEqualTo(created);
  }

  @Test
  void aNudgeReachesEveryRuntime() {
    AtomicInteger own = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    HotBucket theirs = open(config().build()).bucket(Bucket.AGENT_STATE);
    journal().onNudge(own::incrementAndGet);
    theirs.onNudge(others::incrementAndGet);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              journal().nudge();
              return own.get() > 0 && others.get() > 0;
            });
  }

  @Test
  void afterCloseEverythingFailsAsClosed() throws Exception {
    HotBucket bucket = journal();
    stores().close();
    assertFails(
        DataError.CLOSED,
        () -> bucket.publish(KEY, Operation.PUT, bytes("1"), EntryMetadata.NONE, HotBucket.ANY));
    assertFails(DataError.CLOSED, () -> bucket.get(KEY, ReadFrom.LEADER));
    assertFails(DataError.CLOSED, () -> bucket.list("agent", ""));
    assertFails(DataError.CLOSED, bucket::state);
    assertFails(
        DataError.CLOSED,
        bucket.publishAsync(KEY, Operation.PUT, bytes("1"), EntryMetadata.NONE, HotBucket.ANY));
    stores().close();
  }

  private static boolean succeeds(Runnable call) {
    try {
      call.run();
      return true;
    } catch (PersistenceException e) {
      return false;
    }
  }

  private long put(String value) {
    return publish(value, HotBucket.ANY);
  }

  private void put(StateKey key, String value) {
    journal().publish(key, Operation.PUT, bytes(value), EntryMetadata.NONE, HotBucket.ANY);
  }

  private long publish(String value, long expected) {
    return journal().publish(KEY, Operation.PUT, bytes(value), EntryMetadata.NONE, expected);
  }

  private Optional<HotEntry> get(StateKey key) {
    return journal().get(key, ReadFrom.LEADER);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
