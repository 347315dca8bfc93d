package io.mistersmith.persistence.core.internal.store.nats;

import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.STREAM;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.connect;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.createStream;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.failure;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.fill;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots between servers, of streams with workers, and those that nobody takes. */
class StreamSnapshotIT {

  private static final String OLDEST = NatsOptions.OLDEST;
  private static final String NEWEST = NatsOptions.NEWEST;

  /** A worker goes on where it was; a queue of work has no other readers beside it. */
  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aStreamOfWorkKeepsItsWorkers(String line) {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      StreamConfiguration stream =
          StreamConfiguration.builder()
              .name("WORK")
              .subjects("work.>")
              .retentionPolicy(RetentionPolicy.WorkQueue)
              .build();
      RawNats.call(() -> raw.streams().addStream(stream));
      ConsumerConfiguration worker =
          ConsumerConfiguration.builder().durable("worker").ackPolicy(AckPolicy.Explicit).build();
      RawNats.call(() -> raw.streams().addOrUpdateConsumer("WORK", worker));
      for (int i = 0; i < 10; i++) {
        raw.publish("work." + i, new byte[i]);
      }

      StreamPart part = backup.snapshot("WORK", files);
      raw.deleteStream("WORK");
      backup.restore(part, files);

      assertThat(part.contents().orElseThrow().messages()).isEqualTo(10);
      ConsumerInfo found = RawNats.call(() -> raw.streams().getConsumerInfo("WORK", "worker"));
      assertThat(found.getNumPending()).isEqualTo(10);
    }
  }

  @Test
  void aSnapshotGoesIntoANewerServerAndNotIntoAnOlderOne() {
    BackupFiles old = new BackupFiles();
    BackupFiles young = new BackupFiles();
    try (NatsServer oldest = start(OLDEST);
        NatsServer newest = start(NEWEST);
        NatsStreamBackup before = connect(oldest);
        NatsStreamBackup after = connect(newest);
        RawNats rawBefore = RawNats.connect(oldest);
        RawNats rawAfter = RawNats.connect(newest)) {
      createStream(rawBefore, StorageType.File);
      fill(rawBefore, 100);
      createStream(rawAfter, StorageType.File);
      fill(rawAfter, 100);
      StreamPart fromOld = before.snapshot(STREAM, old);
      StreamPart fromYoung = after.snapshot(STREAM, young);
      rawBefore.deleteStream(STREAM);
      rawAfter.deleteStream(STREAM);

      after.restore(fromOld, old);
      assertThat(after.contents(STREAM, fromOld.lastSequence()))
          .isEqualTo(fromOld.contents().orElseThrow());
      assertThat(failure(() -> before.restore(fromYoung, young)).error())
          .isEqualTo(DataError.MISCONFIGURED);
      assertThat(before.exists(STREAM)).isFalse();
    }
  }

  /** The server ends a snapshot whose chunks nobody answers for 5 s. */
  @Test
  void aSnapshotThatNobodyTakesEndsTyped() {
    CountDownLatch never = new CountDownLatch(1);
    try (NatsServer server = start(NEWEST);
        NatsLink link =
            NatsLink.open(
                NatsFixture.config(server, "").build().nats(),
                "backup",
                new Services(PersistenceListener.NOOP));
        RawNats raw = RawNats.connect(server)) {
      createStream(raw, StorageType.File);
      byte[] value = new byte[1_000_000];
      Random random = new Random(3);
      for (int i = 0; i < 24; i++) {
        random.nextBytes(value);
        raw.publish("$KV.B.key" + i, value);
      }
      AtomicBoolean waited = new AtomicBoolean();
      try (SnapshotChunks chunks =
          SnapshotChunks.begin(StreamApi.over(link), "make a snapshot", STREAM, false)) {
        Runnable receive =
            () ->
                chunks.receive(
                    chunk -> {
                      if (!waited.getAndSet(true)) {
                        await(never);
                      }
                    });
        assertThat(failure(receive).error()).isEqualTo(DataError.TIMEOUT);
      }
    }
  }

  /** Waits longer than the server does. */
  private static void await(CountDownLatch never) {
    try {
      assertThat(never.await(8, TimeUnit.SECONDS)).isFalse();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
