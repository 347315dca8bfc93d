package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A process that writes more bytes without waiting than its heap holds, to a server that does not
 * answer, and says so when it has survived that.
 */
final class LargeWritesProcess {

  private static final int WRITES = 100;
  private static final int LENGTH = 1_000_000;

  private LargeWritesProcess() {}

  /** Argument: the server's URL. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PersistenceConfig config =
        PersistenceConfig.inMemory()
            .nats(NatsConfig.builder(args[0]).requestTimeout(Duration.ofSeconds(2)).build())
            .build();
    try (NatsStore store = NatsFixture.connect(config)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      out.println("ready");
      out.println(orders.readLine() + " " + write(bucket));
    }
  }

  private static int write(HotBucket bucket) {
    int refused = 0;
    for (int i = 0; i < WRITES && refused < 2; i++) {
      boolean sent =
          !bucket
              .writes()
              .publishAsync(
                  StateKey.of(AgentId.external("agent"), "key-" + i),
                  Operation.PUT,
                  new byte[LENGTH],
                  EntryMetadata.NONE,
                  HotWrites.ANY)
              .isCompletedExceptionally();
      refused += sent ? 0 : 1;
    }
    return refused;
  }
}
