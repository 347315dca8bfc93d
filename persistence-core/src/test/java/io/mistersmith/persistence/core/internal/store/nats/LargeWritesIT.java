package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.ChildJvm;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process saves 100 MB without waiting, in a heap of 64 MB, while the server does not answer. */
class LargeWritesIT {

  @TempDir Path directory;

  @Test
  void whatWaitsForItsAcknowledgementIsBoundedByBytes() throws IOException {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults());
        ChildJvm writer =
            ChildJvm.start(
                LargeWritesProcess.class,
                List.of(server.url()),
                Map.of(),
                List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"),
                directory.resolve("writer.log"))) {
      assertThat(writer.stdout().readLine()).isEqualTo("ready");
      server.pause();
      writer.stdin().println("survived, refused:");
      assertThat(writer.stdout().readLine()).isEqualTo("survived, refused: 2");
      server.resume();
    }
  }
}
