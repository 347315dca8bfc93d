package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two clients of one server: one creates a stream while the other deletes the last one. */
@Tag("contract")
class StreamCreationIT {

  private static final int ROUNDS = 300;

  private final CyclicBarrier together = new CyclicBarrier(2);

  @Test
  void aStreamIsCreatedWhileTheLastOtherOneIsDeleted() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (NatsServer server = NatsServer.start(NatsOptions.defaults())) {
      Connection creating = Nats.connect(server.url());
      Connection deleting = Nats.connect(server.url());
      JetStreamManagement creator = creating.jetStreamManagement();
      JetStreamManagement deleter = deleting.jetStreamManagement();
      assertThat(StreamCreation.create(creator, stream(0))).isNotNull();
      for (int i = 1; i <= ROUNDS; i++) {
        String last = stream(i - 1).getName();
        Future<Boolean> deletion =
            other.submit(
                () -> {
                  int unused = together.await(60, TimeUnit.SECONDS);
                  return deleter.deleteStream(last);
                });
        int unused = together.await(60, TimeUnit.SECONDS);
        assertThat(StreamCreation.create(creator, stream(i)).getConfiguration().getName())
            .isEqualTo(stream(i).getName());
        assertThat(deletion.get(60, TimeUnit.SECONDS)).isTrue();
      }
      creating.close();
      deleting.close();
    } finally {
      other.shutdownNow();
    }
  }

  private static StreamConfiguration stream(int number) {
    return StreamConfiguration.builder()
        .name("S" + number)
        .subjects("s." + number)
        .storageType(StorageType.File)
        .build();
  }
}
