package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamState;
import io.nats.client.impl.Headers;
import java.util.Random;

/** Servers with a stream that is saved. */
final class SavedStream {

  static final String STREAM = "KV_B";

  private SavedStream() {}

  static NatsServer start(String line) {
    return NatsServer.start(NatsOptions.defaults().withLine(line));
  }

  static NatsStreamBackup connect(NatsServer server) {
    return NatsStreamBackup.connect(
        NatsFixture.config(server, "").build().nats(),
        "backup",
        new Services(PersistenceListener.NOOP));
  }

  static void createStream(RawNats raw, StorageType storage) {
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
  static void fill(RawNats raw, int messages) {
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

  static StreamState state(RawNats raw) {
    return RawNats.call(() -> raw.streams().getStreamInfo(STREAM)).getStreamState();
  }

  static PersistenceException failure(Runnable call) {
    return catchThrowableOfType(PersistenceException.class, call::run);
  }
}
