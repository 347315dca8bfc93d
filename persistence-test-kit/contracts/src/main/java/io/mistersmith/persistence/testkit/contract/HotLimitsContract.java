package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A bucket's treatment of entries that are too large, too many or too old. */
public abstract class HotLimitsContract extends StoresContract {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  /** For implementations. */
  protected HotLimitsContract() {}

  @Test
  void aValueOverTheServersLimitIsRefusedAndLosesNothing() {
    put("1");
    byte[] large = new byte[2 * 1024 * 1024];
    assertFails(
        DataError.VALUE_TOO_LARGE,
        () ->
            bucket()
                .writes()
                .publish(KEY, Operation.PUT, large, EntryMetadata.NONE, HotWrites.ANY));
    assertThat(get(KEY).orElseThrow().value()).isEqualTo(bytes("1"));
    put("2");
    assertThat(get(KEY).orElseThrow().value()).isEqualTo(bytes("2"));
  }

  @Test
  void aValueOverTheBucketsLimitIsRefused() {
    HotBucket bucket =
        configured(
            Bucket.SESSION_DATA,
            Bucket.SESSION_DATA.defaults().toBuilder().maxValueBytes(1_000).build());
    assertFails(
        DataError.VALUE_TOO_LARGE,
        () ->
            bucket
                .writes()
                .publish(KEY, Operation.PUT, new byte[1_500], EntryMetadata.NONE, HotWrites.ANY));
    bucket.writes().publish(KEY, Operation.PUT, new byte[500], EntryMetadata.NONE, HotWrites.ANY);
    assertThat(bucket.reads().get(KEY, ReadFrom.LEADER)).isPresent();
  }

  @Test
  void aFullBucketRefusesNewKeysAndTakesThemAgainWhenThereIsRoom() throws Exception {
    HotBucket bucket = limitedTo64Kilobytes();
    int stored = 0;
    while (stored < 100 && succeeds(write(bucket, "k" + stored, 1_000))) {
      stored++;
    }
    assertStored(bucket, stored);
    if (!limitsBytes()) {
      assertThat(stored).isEqualTo(100);
      return;
    }
    assertThat(stored).isBetween(10, 70);
    for (int i = 0; i < 5; i++) {
      bucket
          .writes()
          .evict(bucket.journal().subject(external("k" + i)), Long.MAX_VALUE - 1)
          .get(60, TimeUnit.SECONDS);
    }
    assertThat(succeeds(write(bucket, "another", 1_000))).isTrue();
  }

  @Test
  void aBucketThatIsFilledToTheLastByteDropsNothing() {
    HotBucket bucket = limitedTo64Kilobytes();
    int stored = 0;
    for (int size = 1_000; size >= 0; size -= 20) {
      while (stored < 200 && succeeds(write(bucket, "k" + stored, size))) {
        stored++;
      }
    }
    assertStored(bucket, stored);
  }

  @Test
  void entriesLeaveABucketThatHasAMaximumAge() {
    HotBucket bucket =
        configured(
            Bucket.SESSION_DATA,
            Bucket.SESSION_DATA.defaults().toBuilder().maxAge(Duration.ofSeconds(1)).build());
    bucket.writes().publish(KEY, Operation.PUT, bytes("1"), EntryMetadata.NONE, HotWrites.ANY);
    assertThat(bucket.reads().get(KEY, ReadFrom.LEADER)).isPresent();
    elapse(Duration.ofMillis(1_100));
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> bucket.reads().get(KEY, ReadFrom.LEADER).isEmpty());
    assertThat(
            bucket
                .writes()
                .publish(KEY, Operation.PUT, bytes("2"), EntryMetadata.NONE, HotWrites.NONE))
        .isEqualTo(2);
  }

  private HotBucket configured(Bucket bucket, BucketConfig its) {
    PersistenceConfig config = config().bucket(bucket, its).build();
    return open(config).hot().bucket(bucket);
  }

  private HotBucket limitedTo64Kilobytes() {
    return configured(
        Bucket.SESSION_DATA,
        Bucket.SESSION_DATA.defaults().toBuilder().maxBytes(64L * 1024).build());
  }

  /** Requires the entries {@code k0} and so on. */
  private static void assertStored(HotBucket bucket, int entries) {
    for (int i = 0; i < entries; i++) {
      assertThat(bucket.reads().get(external("k" + i), ReadFrom.LEADER)).as("k" + i).isPresent();
    }
  }

  private static StateKey external(String key) {
    return StateKey.of(AgentId.external("agent"), key);
  }

  private static Runnable write(HotBucket bucket, String key, int size) {
    return () -> {
      try {
        bucket
            .writes()
            .publish(
                external(key), Operation.PUT, new byte[size], EntryMetadata.NONE, HotWrites.ANY);
      } catch (PersistenceException e) {
        Failures.assertIs(DataError.STORE_FULL, e);
        throw e;
      }
    };
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
    return bucket()
        .writes()
        .publish(KEY, Operation.PUT, bytes(value), EntryMetadata.NONE, expected);
  }

  private Optional<HotEntry> get(StateKey key) {
    return bucket().reads().get(key, ReadFrom.LEADER);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
