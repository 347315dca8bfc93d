package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.SaveOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Random;
import org.awaitility.Awaitility;

/**
 * A process whose heap is smaller than the value that it writes, flushes, evicts and reads: from KV
 * after the write, and from PostgreSQL after the eviction. It prints the bytes of each step.
 */
final class LargeHeapProcess {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration IDLE = Duration.ofSeconds(5);

  private LargeHeapProcess() {}

  /** Arguments: the installation's four, the agent's id, and the size. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    StateKey key = StateKey.of(AgentId.parse(args[4]), "large");
    long size = Long.parseLong(args[5]);
    try (Persistence persistence = installation.open()) {
      LargeValues values = persistence.largeValues();
      Revision revision =
          values.write(key, new Noise(size), size, SaveOptions.unconditional()).revision();
      out.println(read(values, key));
      values.descriptions().awaitDurable(key, revision, PATIENCE);
    }
    PersistenceConfig config =
        installation.config().toBuilder()
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(IDLE)
                    .sweepInterval(Duration.ofMillis(200))
                    .build())
            .build();
    try (Persistence persistence = Persistence.open(config)) {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> persistence.operations().consistency().stats().kvEntries() == 0);
      out.println(read(persistence.largeValues(), key));
    }
  }

  /** The checksum is compared inside. */
  private static long read(LargeValues values, StateKey key) throws IOException {
    return values.read(key, OutputStream.nullOutputStream()).orElseThrow().value().bytes();
  }

  /** Bytes that cannot be compressed. */
  private static final class Noise extends InputStream {

    private final Random random = new Random(7);
    private long left;

    Noise(long size) {
      this.left = size;
    }

    @Override
    public int read() {
      return left-- > 0 ? random.nextInt(256) : -1;
    }

    @Override
    public int read(byte[] bytes, int from, int length) {
      if (left <= 0) {
        return -1;
      }
      int count = (int) Math.min(Math.min(left, length), 8192);
      byte[] noise = new byte[count];
      random.nextBytes(noise);
      System.arraycopy(noise, 0, bytes, from, count);
      left -= count;
      return count;
    }
  }
}
