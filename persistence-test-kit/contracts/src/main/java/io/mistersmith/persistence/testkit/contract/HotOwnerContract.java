package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The contract of a bucket's identity: it carries one installation's, and serves no other one. */
public abstract class HotOwnerContract extends StoresContract {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");
  private static final byte[] VALUE = "1".getBytes(UTF_8);

  /** For implementations. */
  protected HotOwnerContract() {}

  @Test
  void whoMakesABucketOwnsIt() {
    for (Bucket bucket : Bucket.values()) {
      assertThat(stores().hot().bucket(bucket).journal().state().installation())
          .as("%s", bucket)
          .contains(ours());
    }
    assertThat(write(bucket())).isPositive();
  }

  @Test
  void anotherRuntimeOfTheInstallationUsesItToo() {
    assertThat(write(bucket())).isPositive();
    Stores another = open(config().build());
    assertThat(another.sql().journals().installation()).isEqualTo(ours());
    assertThat(another.hot().bucket(Bucket.AGENT_STATE).reads().get(KEY, ReadFrom.LEADER))
        .isPresent();
  }

  @Test
  void anotherInstallationIsRefusedByEveryCall() {
    long written = write(bucket());
    HotBucket theirs = others().hot().bucket(Bucket.AGENT_STATE);
    String subject = theirs.journal().subject(KEY);
    assertRefused(theirs, () -> write(theirs));
    assertRefused(
        theirs,
        () ->
            theirs
                .writes()
                .publishAsync(KEY, Operation.PUT, VALUE, EntryMetadata.NONE, HotWrites.ANY)
                .join());
    assertRefused(theirs, () -> theirs.reads().get(KEY, ReadFrom.LEADER));
    assertRefused(theirs, () -> theirs.reads().getAsync(KEY, ReadFrom.LEADER).join());
    assertRefused(theirs, () -> theirs.reads().getAll(List.of(KEY), ReadFrom.LEADER));
    assertRefused(theirs, () -> theirs.reads().latest(KEY.agent()));
    assertRefused(theirs, () -> theirs.reads().list(KEY.agent(), ""));
    assertRefused(theirs, () -> theirs.reads().keysAsync(KEY.agent(), "").join());
    assertRefused(theirs, () -> theirs.writes().evict(subject, written).join());
    assertRefused(theirs, () -> theirs.writes().evictAll(Map.of(subject, written), written).join());
    assertRefused(theirs, () -> theirs.writes().evictAgent(KEY.agent(), written).join());
    assertRefused(theirs, theirs.journal()::requireOwn);
    assertRefused(theirs, () -> theirs.journal().adopt(Optional.empty()));
    assertThat(theirs.journal().state().installation()).contains(ours());
    assertThat(theirs.journal().state().messages()).isEqualTo(1);
    try (JournalReader reader = theirs.journal().read(JournalRange.from(1))) {
      assertThat(reader.next(Duration.ofSeconds(10))).isPresent();
    }
    assertThat(write(bucket())).isGreaterThan(written);
  }

  @Test
  void aBucketWithoutAnIdentityServesAllUntilItIsAdopted() {
    HotBucket mine = bucket();
    unmark(mine);
    assertThat(mine.journal().state().installation()).isEmpty();
    Stores another = others();
    HotBucket theirs = another.hot().bucket(Bucket.AGENT_STATE);
    assertThat(theirs.journal().state().installation()).isEmpty();
    assertThat(write(mine)).isPositive();
    assertThat(write(theirs)).isPositive();

    assertThat(theirs.journal().adopt(Optional.empty())).isTrue();
    assertThat(theirs.journal().state().installation())
        .contains(another.sql().journals().installation());
    assertThat(write(theirs)).isPositive();
    assertThat(theirs.journal().adopt(Optional.empty())).as("by the one whose it is").isTrue();
    assertRefused(mine, () -> mine.journal().adopt(Optional.empty()));
    assertThat(mine.journal().state().installation())
        .contains(another.sql().journals().installation());
    assertRefused(mine, () -> write(mine));
  }

  @Test
  void aBucketIsTakenOverFromTheOneThatHasIt() {
    HotBucket mine = bucket();
    long written = write(mine);
    Stores another = others();
    HotBucket theirs = another.hot().bucket(Bucket.AGENT_STATE);
    assertRefused(theirs, () -> theirs.journal().adopt(Optional.of(UUID.randomUUID())));
    assertThat(theirs.journal().adopt(Optional.of(ours()))).isTrue();
    assertThat(theirs.reads().get(KEY, ReadFrom.LEADER).orElseThrow().sequence())
        .isEqualTo(written);
    assertThat(write(theirs)).isGreaterThan(written);
    assertThat(mine.journal().state().installation())
        .contains(another.sql().journals().installation());
    assertRefused(mine, () -> write(mine));
  }

  @Test
  void ofTwoInstallationsThatAdoptAtOnceOneSucceeds() throws Exception {
    HotBucket mine = bucket();
    unmark(mine);
    Stores another = others();
    HotBucket theirs = another.hot().bucket(Bucket.AGENT_STATE);
    UUID other = another.sql().journals().installation();
    List<UUID> adopted = new ArrayList<>();
    Concurrently.run(
            8,
            i ->
                () -> {
                  try {
                    assertThat((i % 2 == 0 ? mine : theirs).journal().adopt(Optional.empty()))
                        .isTrue();
                    return Optional.of(i % 2 == 0 ? ours() : other);
                  } catch (PersistenceException e) {
                    if (!OtherInstallationException.isCauseOf(e)) {
                      throw e;
                    }
                    return Optional.<UUID>empty();
                  }
                })
        .forEach(winner -> winner.ifPresent(adopted::add));
    UUID bears = mine.journal().state().installation().orElseThrow();
    assertThat(adopted).hasSize(4).containsOnly(bears);
  }

  /** Other stores over the same hot store, whose durable store is another installation's. */
  private Stores others() {
    newInstallation();
    Stores others = open(config().build());
    assertThat(others.sql().journals().installation()).isNotEqualTo(ours());
    return others;
  }

  private UUID ours() {
    return stores().sql().journals().installation();
  }

  private static long write(HotBucket bucket) {
    return bucket.writes().publish(KEY, Operation.PUT, VALUE, EntryMetadata.NONE, HotWrites.ANY);
  }

  private static void assertRefused(HotBucket bucket, ThrowingCallable call) {
    assertThatThrownBy(call)
        .extracting(e -> e instanceof CompletionException ? e.getCause() : e)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED);
              assertThat(e.isTransient()).isFalse();
              assertThat(OtherInstallationException.isCauseOf(e)).isTrue();
              assertThat(e)
                  .hasMessageContaining(bucket.name())
                  .hasMessageContaining("nats.namePrefix")
                  .hasMessageContaining("TAKE_OVER");
            });
  }
}
