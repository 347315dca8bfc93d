package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract of writes, reads, compare-and-set and closing of a bucket. */
public abstract class HotBucketContract extends StoresContract {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  /** For implementations. */
  protected HotBucketContract() {}

  @Test
  void whatIsPublishedIsReadBackExactly() {
    byte[] value = {0, 1, (byte) 0xff, '{'};
    long sequence = writes().publish(KEY, Operation.PUT, value, EntryMetadata.NONE, HotWrites.ANY);

    for (ReadFrom from : ReadFrom.values()) {
      HotEntry entry = bucket().reads().get(KEY, from).orElseThrow();
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
    writes().publish(KEY, Operation.PUT, value, EntryMetadata.NONE, HotWrites.ANY);
    value[0] = 'X';
    get(KEY).orElseThrow().value()[1] = 'X';

    assertThat(get(KEY).orElseThrow().value()).isEqualTo(bytes("before"));
  }

  @Test
  void metadataTravelsWithTheEntry() {
    Instant expires = Instant.parse("2031-02-03T04:05:06.789Z");
    EntryMetadata metadata =
        new EntryMetadata(
            Optional.of(new Revision.OfJournal(3, 4711)),
            Optional.of(expires),
            Optional.of("write-1"));
    writes().publish(KEY, Operation.PUT, bytes("{}"), metadata, HotWrites.ANY);
    assertThat(get(KEY).orElseThrow().metadata()).isEqualTo(metadata);

    EntryMetadata ofRow = EntryMetadata.published(new Revision.OfRow(7));
    writes().publish(KEY, Operation.PUT, bytes("{}"), ofRow, HotWrites.ANY);
    assertThat(get(KEY).orElseThrow().metadata()).isEqualTo(ofRow);
    assertThat(ofRow.hydrated()).isEmpty();

    EntryMetadata finer =
        new EntryMetadata(
            Optional.empty(), Optional.of(expires.plusNanos(999_999)), Optional.of("write-2"));
    writes().publish(KEY, Operation.DELETE, bytes(""), finer, HotWrites.ANY);
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
      writes().publish(KEY, Operation.PUT, bytes("{}"), metadata, HotWrites.ANY);
      assertThat(get(KEY).orElseThrow().metadata()).isEqualTo(metadata);
    }
  }

  @Test
  void theTraceOfTheWriterTravelsWithTheEntryAndIsNoPartOfItsValue() {
    String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    EntryMetadata plain = EntryMetadata.NONE;
    EntryMetadata traced = plain.withTrace(Optional.of(trace));
    writes().publish(KEY, Operation.PUT, bytes("1"), traced, HotWrites.ANY);
    HotEntry entry = get(KEY).orElseThrow();
    assertThat(entry.metadata()).isEqualTo(traced);
    assertThat(entry.value()).isEqualTo(bytes("1"));

    writes().publish(KEY, Operation.PUT, bytes("2"), plain, entry.sequence());
    assertThat(get(KEY).orElseThrow().metadata().trace()).isEmpty();
  }

  @Test
  void theActorOfTheWriterTravelsWithTheEntry() {
    Actor user = Actor.of("user-17");
    for (Actor actor : List.of(user, user.withCorrelationId("request 9"))) {
      EntryMetadata written = EntryMetadata.NONE.by(Optional.of(actor));
      writes().publish(KEY, Operation.PUT, bytes("1"), written, HotWrites.ANY);
      assertThat(get(KEY).orElseThrow().metadata()).isEqualTo(written);
      writes().publish(KEY, Operation.DELETE, bytes(""), written, HotWrites.ANY);
      assertThat(get(KEY).orElseThrow().metadata().actor()).contains(actor);
    }
    writes().publish(KEY, Operation.PUT, bytes("2"), EntryMetadata.NONE, HotWrites.ANY);
    assertThat(get(KEY).orElseThrow().metadata().actor()).isEmpty();
  }

  @Test
  void anEntryPastItsEndIsStillReadBecauseTheCallerDecides() {
    EntryMetadata over =
        new EntryMetadata(Optional.empty(), Optional.of(Instant.EPOCH), Optional.empty());
    writes().publish(KEY, Operation.PUT, bytes("1"), over, HotWrites.ANY);
    assertThat(get(KEY)).isPresent();
  }

  @Test
  void aMissingKeyIsEmpty() throws Exception {
    assertThat(get(KEY)).isEmpty();
    assertThat(bucket().reads().getAsync(KEY, ReadFrom.LEADER).get(60, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void aDeleteLeavesAMarkerWithoutValue() {
    put("1");
    long marker =
        writes()
            .publish(KEY, Operation.DELETE, bytes("ignored"), EntryMetadata.NONE, HotWrites.ANY);

    HotEntry entry = get(KEY).orElseThrow();
    assertThat(entry.operation()).isEqualTo(Operation.DELETE);
    assertThat(entry.value()).isEmpty();
    assertThat(entry.sequence()).isEqualTo(marker);
  }

  @Test
  void expectingNothingIsRefusedOverAValueAndOverAMarker() {
    long first = publish("1", HotWrites.NONE);
    assertFails(DataError.VERSION_CONFLICT, () -> publish("2", HotWrites.NONE));
    long marker =
        writes().publish(KEY, Operation.DELETE, bytes(""), EntryMetadata.NONE, HotWrites.ANY);
    assertFails(DataError.VERSION_CONFLICT, () -> publish("3", HotWrites.NONE));

    assertThat(marker).isGreaterThan(first);
    assertThat(get(KEY).orElseThrow().sequence()).isEqualTo(marker);
    assertThat(publish("4", marker)).isGreaterThan(marker);
  }

  @Test
  void onlyTheLatestSequenceIsAccepted() {
    long first = publish("1", HotWrites.NONE);
    long second = publish("2", first);

    assertFails(DataError.VERSION_CONFLICT, () -> publish("3", first));
    assertFails(DataError.VERSION_CONFLICT, () -> publish("3", second + 1));
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> writes().publish(KEY, Operation.DELETE, bytes(""), EntryMetadata.NONE, first));

    assertThat(get(KEY).orElseThrow().value()).isEqualTo(bytes("2"));
    assertThat(bucket().journal().state().lastSequence())
        .as("nothing was stored")
        .isEqualTo(second);
  }

  @Test
  void aSequenceExpectedOfAMissingKeyIsRefused() {
    put("1");
    StateKey other = StateKey.of(AgentId.external("agent"), "other");
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> writes().publish(other, Operation.PUT, bytes("1"), EntryMetadata.NONE, 1));
    assertThat(get(other)).isEmpty();
  }

  @Test
  void ofConcurrentCreatorsOneWins() throws Exception {
    List<Boolean> created =
        Concurrently.run(8, i -> () -> succeeds(() -> publish("" + i, HotWrites.NONE)));
    assertThat(created).containsOnlyOnce(true);
  }

  @Test
  void noIncrementIsLost() throws Exception {
    publish("0", HotWrites.NONE);
    Concurrently.run(
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
      StateKey key = StateKey.of(AgentId.external("agent"), "k" + i % 7);
      writes.add(
          writes()
              .publishAsync(key, Operation.PUT, bytes("" + i), EntryMetadata.NONE, HotWrites.ANY));
    }
    long last = 0;
    for (CompletableFuture<Long> write : writes) {
      long sequence = write.get(60, TimeUnit.SECONDS);
      assertThat(sequence).isGreaterThan(last);
      last = sequence;
    }
    assertThat(get(StateKey.of(AgentId.external("agent"), "k" + 999 % 7)).orElseThrow().value())
        .isEqualTo(bytes("999"));
  }

  @Test
  void asynchronousFailuresAreTypedThemselves() throws Exception {
    put("1");
    assertFails(
        DataError.VERSION_CONFLICT,
        writes().publishAsync(KEY, Operation.PUT, bytes("2"), EntryMetadata.NONE, HotWrites.NONE));
    byte[] large = new byte[2 * 1024 * 1024];
    assertFails(
        DataError.VALUE_TOO_LARGE,
        writes().publishAsync(KEY, Operation.PUT, large, EntryMetadata.NONE, HotWrites.ANY));
  }

  @Test
  void aBucketIsOneHandleWithItsFullName() {
    assertThat(bucket()).isSameAs(stores().hot().bucket(Bucket.AGENT_STATE));
    assertThat(bucket().name())
        .isEqualTo(config().build().nats().namePrefix() + Bucket.AGENT_STATE.name());
    assertThat(bucket().journal().subject(KEY)).startsWith("$KV." + bucket().name() + ".");
  }

  @Test
  void theStateSaysWhatTheStreamHolds() {
    BucketState empty = bucket().journal().state();
    assertThat(empty.messages()).isZero();
    assertThat(empty.lastSequence()).isZero();
    put("1");
    put("2");
    BucketState state = bucket().journal().state();
    assertThat(state.created()).isEqualTo(empty.created());
    assertThat(state.firstSequence()).isEqualTo(1);
    assertThat(state.lastSequence()).isEqualTo(2);
    assertThat(state.messages()).isEqualTo(2);
    assertThat(state.bytes()).isPositive();
  }

  @Test
  void severalRuntimesShareABucketAndItOutlivesThem() {
    put("1");
    Instant created = bucket().journal().state().created();
    Stores other = open(config().build());
    HotBucket theirs = other.hot().bucket(Bucket.AGENT_STATE);
    assertThat(theirs.reads().get(KEY, ReadFrom.LEADER)).isPresent();
    stores().close();
    other.close();
    HotBucket later = open(config().build()).hot().bucket(Bucket.AGENT_STATE);
    assertThat(later.reads().get(KEY, ReadFrom.LEADER).orElseThrow().value()).isEqualTo(bytes("1"));
    assertThat(later.journal().state().created()).isEqualTo(created);
  }

  @Test
  void afterCloseEverythingFailsAsClosed() throws Exception {
    HotBucket bucket = bucket();
    stores().close();
    assertFails(
        DataError.CLOSED,
        () ->
            bucket
                .writes()
                .publish(KEY, Operation.PUT, bytes("1"), EntryMetadata.NONE, HotWrites.ANY));
    assertFails(DataError.CLOSED, () -> bucket.reads().get(KEY, ReadFrom.LEADER));
    assertFails(DataError.CLOSED, () -> bucket.reads().list(AgentId.external("agent"), ""));
    assertFails(DataError.CLOSED, bucket.journal()::state);
    assertFails(
        DataError.CLOSED,
        bucket
            .writes()
            .publishAsync(KEY, Operation.PUT, bytes("1"), EntryMetadata.NONE, HotWrites.ANY));
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
    return publish(value, HotWrites.ANY);
  }

  private long publish(String value, long expected) {
    return writes().publish(KEY, Operation.PUT, bytes(value), EntryMetadata.NONE, expected);
  }

  private Optional<HotEntry> get(StateKey key) {
    return bucket().reads().get(key, ReadFrom.LEADER);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
