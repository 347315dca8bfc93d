package io.mistersmith.persistence.core.internal.store.nats;

import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.STREAM;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.connect;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.createStream;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.failure;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.fill;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.start;
import static io.mistersmith.persistence.core.internal.store.nats.SavedStream.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.PurgeOptions;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamState;
import java.util.ArrayList;
import java.util.List;
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

  private static final String OLDEST = NatsOptions.OLDEST;
  private static final String NEWEST = NatsOptions.NEWEST;

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

  @ParameterizedTest
  @ValueSource(strings = {OLDEST, NEWEST})
  void aRestoredBucketIsAsItWas(String line) {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      createStream(raw, StorageType.File);
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
      createStream(raw, StorageType.File);
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
      createStream(raw, StorageType.File);
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
      createStream(raw, StorageType.File);
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
      createStream(raw, StorageType.File);
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
      createStream(raw, StorageType.Memory);
      fill(raw, 500);
      long messages = state(raw).getMsgCount();
      long subjects = state(raw).getSubjectCount();

      StreamPart part = backup.snapshot(STREAM, files);
      raw.deleteStream(STREAM);
      backup.restore(part, files);

      assertThat(state(raw).getMsgCount()).isEqualTo(messages);
      assertThat(state(raw).getSubjectCount()).isEqualTo(subjects);
      boolean snapshot = part.files().get(0).path().endsWith("/snapshot");
      assertThat(snapshot).isEqualTo(line.equals(NEWEST));
      assertThat(backup.notices()).hasSize(snapshot ? 0 : 1);
      Contents restored = backup.contents(STREAM, Long.MAX_VALUE - 1);
      assertThat(restored.messages()).isEqualTo(messages);
    }
  }

  @Test
  void aBackupThatBeginsAgainGoesOnWithTheNextFile() {
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(NEWEST);
        NatsStreamBackup backup = connect(server);
        RawNats raw = RawNats.connect(server)) {
      createStream(raw, StorageType.File);
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

  @Test
  void whatDoesNotExistIsNotSaved() {
    try (NatsServer server = start(NEWEST);
        NatsStreamBackup backup = connect(server)) {
      assertThat(failure(() -> backup.snapshot("none", new BackupFiles())).error())
          .isEqualTo(DataError.NOT_FOUND);
    }
  }
}
