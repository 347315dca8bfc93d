package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.PurgeOptions;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamState;
import io.nats.client.impl.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams are saved and restored as they were, or not at all. */
class NatsStreamBackupIT {

  private static final String STREAM = "KV_B";
  private static final String OLDEST = NatsOptions.OLDEST;
  private static final String NEWEST = NatsOptions.NEWEST;

  private static NatsServer start(String line) {
    return NatsServer.start(NatsOptions.defaults().withLine(line));
  }

  private static NatsStreamBackup connect(NatsServer server) {
    return NatsStreamBackup.connect(
        NatsFixture.config(server, "").build().nats(),
        "backup",
        new Services(PersistenceListener.NOOP));
  }

  private static void create(RawNats raw, StorageType storage) {
    StreamConfiguration stream =
        StreamConfiguration.builder()
            .name(STREAM)
            .subjects("$KV.B.>")
            .description("as it was")
            .maxMessagesPerSubject(3)
            .storageType(storage)
            .build();
    RawNats.call(() -> raw.streams().addStream(stream));
  }

  /** Some are superseded, some deleted, some large, some empty, some have headers. */
  private static void fill(RawNats raw, int messages) {
    Random random = new Random(7);
    for (int i = 0; i < messages; i++) {
      byte[] value = new byte[i % 97 == 0 ? 200_000 : i % 50];
      random.nextBytes(value);
      raw.publish("$KV.B.key" + i % 300, value);
    }
    Headers deleted = new Headers().add("KV-Operation", "DEL");
    byte[] unused = raw.request("$KV.B.key7", deleted, new byte[0]);
    raw.publish("$KV.B.other", new byte[9]);
  }

  private static StreamState state(RawNats raw) {
    return RawNats.call(() -> raw.streams().getStreamInfo(STREAM)).getStreamState();
  }

  private static StreamPart with(StreamPart part, List<StoredFile> files) {
    return new StreamPart(
        part.stream(),
        part.config(),
        part.state(),
        part.created(),
        part.firstSequence(),
        part.lastSequence(),
        part.messages(),
        part.bytes(),
        files,
        part.contents());
  }

  private static PersistenceException failure(Runnable call) {
    return catchThrowableOfType(PersistenceException.class, call::run);
  }

  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aRestoredBucketIsAsItWas(String line) {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      create(raw, StorageType.File);
      fill(raw, 1_000);
      StreamState before = state(raw);
      MessageInfo first =
          RawNats.call(() -> raw.streams().getMessage(STREAM, before.getFirstSequence()));

      StreamPart part = backup.snapshot(STREAM, files);

      assertThat(part.lastSequence()).isEqualTo(before.getLastSequence());
      assertThat(part.firstSequence()).isEqualTo(before.getFirstSequence());
      assertThat(part.messages()).isEqualTo(before.getMsgCount());
      Contents contents = part.contents().orElseThrow();
      assertThat(contents.messages()).isEqualTo(before.getMsgCount());
      assertThat(contents.last()).hasSize(301);
      raw.deleteStream(STREAM);
      backup.restore(part, files);

      StreamState after = state(raw);
      assertThat(after.getFirstSequence()).isEqualTo(before.getFirstSequence());
      assertThat(after.getLastSequence()).isEqualTo(before.getLastSequence());
      assertThat(after.getMsgCount()).isEqualTo(before.getMsgCount());
      assertThat(backup.contents(STREAM, part.lastSequence())).isEqualTo(contents);
      assertThat(
              RawNats.call(() -> raw.streams().getMessage(STREAM, before.getFirstSequence()))
                  .getTime())
          .isEqualTo(first.getTime());
      StreamConfiguration config =
          RawNats.call(() -> raw.streams().getStreamInfo(STREAM)).getConfiguration();
      assertThat(config.getDescription()).isEqualTo("as it was");
      assertThat(config.getMaxMsgsPerSubject()).isEqualTo(3);
      raw.publish("$KV.B.next", new byte[1]);
      assertThat(state(raw).getLastSequence()).isEqualTo(before.getLastSequence() + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aStreamThatExistsIsNotTouched(String line) {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      create(raw, StorageType.File);
      fill(raw, 10);
      StreamPart part = backup.snapshot(STREAM, files);
      raw.publish("$KV.B.later", new byte[1]);
      long last = state(raw).getLastSequence();

      assertThat(failure(() -> backup.restore(part, files)))
          .hasMessageContaining("it exists")
          .extracting(PersistenceException::error)
          .isEqualTo(DataError.DUPLICATE_KEY);

      assertThat(state(raw).getLastSequence()).isEqualTo(last);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aDamagedSnapshotMakesNoStream(String line) {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      create(raw, StorageType.File);
      fill(raw, 100);
      StreamPart part = backup.snapshot(STREAM, files);
      raw.deleteStream(STREAM);
      files.damage(part.files().get(0));

      assertThat(failure(() -> backup.restore(part, files)).error())
          .isEqualTo(DataError.DATA_CORRUPTION);

      assertThat(backup.exists(STREAM)).isFalse();
    }
  }

  /** As one that raced with a purge, or that the server lost a part of. */
  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aSnapshotThatLacksAMessageIsNotRestored(String line) {
    BackupFiles whole = new BackupFiles();
    BackupFiles lacking = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      create(raw, StorageType.File);
      for (int i = 1; i <= 20; i++) {
        raw.publish("$KV.B.key" + i, new byte[i]);
      }
      StreamPart part = backup.snapshot(STREAM, whole);
      RawNats.call(() -> raw.streams().deleteMessage(STREAM, 5));
      StoredFile snapshot = backup.snapshot(STREAM, lacking).files().get(0);
      raw.deleteStream(STREAM);
      byte[] bytes = lacking.bytes(snapshot);
      BackupFiles mixed = new BackupFiles();
      StoredFile first = mixed.write("streams/KV_B/snapshot", out -> out.write(bytes));
      byte[] index = whole.bytes(part.files().get(1));
      StoredFile second = mixed.write("streams/KV_B/contents", out -> out.write(index));

      assertThat(failure(() -> backup.restore(with(part, List.of(first, second)), mixed)))
          .hasMessageContaining("1 messages are missing")
          .hasMessageContaining("the first at sequence 5")
          .extracting(PersistenceException::error)
          .isEqualTo(DataError.DATA_CORRUPTION);

      assertThat(backup.exists(STREAM)).as("nothing is left of it").isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aBucketThatIsWrittenAndEvictedFromMeanwhileIsRestored(String line) throws Exception {
    BackupFiles files = new BackupFiles();
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService others = Executors.newFixedThreadPool(2);
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      create(raw, StorageType.File);
      fill(raw, 3_000);
      List<Future<?>> running = new ArrayList<>();
      running.add(
          others.submit(
              () -> {
                for (int i = 0; !stop.get(); i++) {
                  raw.publish("$KV.B.key" + i % 400, new byte[500]);
                }
              }));
      running.add(
          others.submit(
              () -> {
                for (int i = 0; !stop.get(); i++) {
                  PurgeOptions purge = PurgeOptions.subject("$KV.B.key" + i % 300);
                  RawNats.call(() -> raw.streams().purgeStream(STREAM, purge));
                }
              }));
      StreamPart part = backup.snapshot(STREAM, files);
      stop.set(true);
      for (Future<?> one : running) {
        one.get(30, TimeUnit.SECONDS);
      }
      raw.deleteStream(STREAM);

      backup.restore(part, files);

      assertThat(state(raw).getLastSequence()).isGreaterThanOrEqualTo(part.lastSequence());
    } finally {
      stop.set(true);
      others.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aStreamInMemoryIsSavedAsTheServerCan(String line) {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      create(raw, StorageType.Memory);
      fill(raw, 500);
      long messages = state(raw).getMsgCount();

      StreamPart part = backup.snapshot(STREAM, files);
      raw.deleteStream(STREAM);
      backup.restore(part, files);

      assertThat(state(raw).getMsgCount()).isEqualTo(messages);
      boolean snapshot = part.files().get(0).path().endsWith("/snapshot");
      assertThat(snapshot).isEqualTo(line.equals(NEWEST));
      assertThat(backup.notices()).hasSize(snapshot ? 0 : 1);
      Contents restored = backup.contents(STREAM, Long.MAX_VALUE - 1);
      assertThat(restored.messages()).isEqualTo(messages);
      assertThat(restored.last().keySet()).isEqualTo(part.contents().orElseThrow().last().keySet());
    }
  }

  @Test
  void aBackupThatBeginsAgainGoesOnWithTheNextFile() {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(NEWEST);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      create(raw, StorageType.File);
      fill(raw, 100);
      files.failOnce("streams/KV_B/contents");
      assertThatThrownBy(() -> backup.snapshot(STREAM, files))
          .isInstanceOf(PersistenceException.class);
      assertThat(files.count()).isEqualTo(1);
      raw.publish("$KV.B.later", new byte[1]);

      StreamPart part = backup.snapshot(STREAM, files);

      assertThat(part.lastSequence()).as("of the snapshot that was saved").isEqualTo(102);
      assertThat(backup.snapshot(STREAM, files)).isEqualTo(part);
      raw.deleteStream(STREAM);
      backup.restore(part, files);
      assertThat(state(raw).getLastSequence()).isEqualTo(102);
    }
  }

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
  void whatDoesNotExistIsNotSaved() {
    try (NatsServer server = start(NEWEST);
        NatsStreamBackup backup = connect(server)) {
      assertThat(failure(() -> backup.snapshot("none", new BackupFiles())).error())
          .isEqualTo(DataError.NOT_FOUND);
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
      create(rawBefore, StorageType.File);
      fill(rawBefore, 100);
      create(rawAfter, StorageType.File);
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
      create(raw, StorageType.File);
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
