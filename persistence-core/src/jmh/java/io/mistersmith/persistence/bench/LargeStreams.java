package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.SaveOptions;
import io.nats.client.JetStreamApiException;
import io.nats.client.ObjectStore;
import io.nats.client.api.ObjectStoreConfiguration;
import io.nats.client.api.StorageType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.NoSuchAlgorithmException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A value of 10 MB in and out, beside the object store of jnats. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class LargeStreams {

  private static final int BYTES = 10_000_000;

  /** Raw and ours take turns from round to round. */
  @Param("0")
  public int round;

  /** The implementation that does the work. */
  @Param({"RAW", "OURS"})
  public Side side = Side.RAW;

  private final Streams streams = Opened.get("large", Streams::new);

  /** Lets what the last round wrote be flushed. */
  @Setup(Level.Invocation)
  public void settle() {
    streams.bench.settle();
  }

  /** From a stream into the store; ours is flushed meanwhile, too. */
  @Benchmark
  public long write() throws IOException, NoSuchAlgorithmException, JetStreamApiException {
    ByteArrayInputStream in = new ByteArrayInputStream(streams.bytes);
    return all(
        side == Side.RAW
            ? streams.objects.put("value", in).getSize()
            : streams
                .values
                .write(streams.key, in, BYTES, SaveOptions.unconditional())
                .value()
                .bytes());
  }

  /** From the store into a stream. */
  @Benchmark
  public long read()
      throws IOException, NoSuchAlgorithmException, JetStreamApiException, InterruptedException {
    OutputStream out = OutputStream.nullOutputStream();
    return all(
        side == Side.RAW
            ? streams.objects.get("read", out).getSize()
            : streams.values.read(streams.readKey, out).orElseThrow().value().bytes());
  }

  private static long all(long bytes) {
    if (bytes != BYTES) {
      throw new IllegalStateException(bytes + " of " + BYTES + " bytes");
    }
    return bytes;
  }

  private static final class Streams implements AutoCloseable {
    private final Workbench bench = Workbench.shared();
    private final LargeValues values = bench.persistence.largeValues();
    private final StateKey key = bench.keys[0];
    private final StateKey readKey = bench.keys[1];
    private final byte[] bytes = new byte[BYTES];
    private final String bucket = "large-" + ProcessHandle.current().pid();
    private final ObjectStore objects;

    Streams() throws IOException, JetStreamApiException, NoSuchAlgorithmException {
      new Random(7).nextBytes(bytes);
      var unused =
          bench
              .connection
              .objectStoreManagement()
              .create(
                  ObjectStoreConfiguration.builder(bucket).storageType(StorageType.File).build());
      objects = bench.connection.objectStore(bucket);
      var put = objects.put("read", new ByteArrayInputStream(bytes));
      var written =
          values.write(readKey, new ByteArrayInputStream(bytes), SaveOptions.unconditional());
      all(Math.min(put.getSize(), written.value().bytes()));
    }

    @Override
    public void close() throws IOException, JetStreamApiException {
      bench.connection.objectStoreManagement().delete(bucket);
    }
  }
}
