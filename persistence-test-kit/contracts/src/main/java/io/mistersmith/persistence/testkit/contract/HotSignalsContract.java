package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The signals that runtimes send each other about a bucket. */
public abstract class HotSignalsContract extends StoresContract {

  /** For implementations. */
  protected HotSignalsContract() {}

  @Test
  void aNudgeReachesEveryRuntime() {
    AtomicInteger own = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    HotBucket theirs = open(config().build()).hot().bucket(Bucket.AGENT_STATE);
    bucket().journal().onNudge(own::incrementAndGet);
    theirs.journal().onNudge(others::incrementAndGet);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              bucket().journal().nudge();
              return own.get() > 0 && others.get() > 0;
            });
  }

  @Test
  void aSignalReachesThoseThatListenToItsTopic() {
    AtomicInteger own = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    AtomicInteger otherTopic = new AtomicInteger();
    HotStore theirs = open(config().build()).hot();
    stores().hot().onSignal("topic", own::incrementAndGet);
    stores().hot().onSignal("other", otherTopic::incrementAndGet);
    theirs.onSignal("topic", others::incrementAndGet);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              theirs.signal("topic");
              return own.get() > 0 && others.get() > 0;
            });
    assertThat(otherTopic.get()).isZero();
  }

  @Test
  void progressReachesEveryRuntime() {
    JournalProgress told =
        new JournalProgress(true, 7, 42, Instant.ofEpochSecond(5, 123_456_789), "7/3");
    JournalProgress ended = new JournalProgress(false, 8, 0, Instant.EPOCH, "");
    Set<JournalProgress> own = ConcurrentHashMap.newKeySet();
    Set<JournalProgress> others = ConcurrentHashMap.newKeySet();
    HotBucket theirs = open(config().build()).hot().bucket(Bucket.AGENT_STATE);
    bucket().journal().onProgress(own::add);
    theirs.journal().onProgress(others::add);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              bucket().journal().tellProgress(told);
              bucket().journal().tellProgress(ended);
              return own.size() == 2 && others.size() == 2;
            });
    assertThat(own).containsExactlyInAnyOrder(told, ended);
    assertThat(others).containsExactlyInAnyOrder(told, ended);
  }
}
