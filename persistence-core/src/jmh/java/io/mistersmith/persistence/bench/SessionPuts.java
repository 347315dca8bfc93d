package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.KeyValue;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Puts that nobody flushes: the path of the call alone, for JMH's profilers. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SessionPuts {

  /** Raw and ours take turns from round to round. */
  @Param("0")
  public int round;

  /** The implementation that does the work. */
  @Param({"RAW", "OURS"})
  public Side side = Side.RAW;

  private final Sessions sessions = Opened.get("sessions", Sessions::new);
  private int next;

  /** An unconditional put. */
  @Benchmark
  public Object put() throws IOException, JetStreamApiException {
    next = next + 1 < Workbench.KEYS ? next + 1 : 0;
    return side == Side.RAW
        ? sessions.bucket.put(sessions.rawKeys[next], sessions.json)
        : sessions.states.save(sessions.keys[next], sessions.value);
  }

  private static final class Sessions implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Memory> states;
    private final Connection connection;
    private final KeyValue bucket;
    private final StateKey[] keys = new StateKey[Workbench.KEYS];
    private final String[] rawKeys = new String[Workbench.KEYS];
    private final Memory value = Memory.large(7);
    private final byte[] json = value.json();

    Sessions() throws IOException {
      Site site = Site.present();
      String prefix = "sessions-" + ProcessHandle.current().pid() + "-";
      persistence = Persistence.open(site.config(prefix).build());
      states = persistence.states(StateType.untyped(Memory.class).in(DataType.SESSION_DATA));
      connection = site.nats();
      bucket = connection.keyValue(prefix + "SESSION_DATA");
      for (int i = 0; i < keys.length; i++) {
        keys[i] = StateKey.of(AgentId.external("session-" + i), "memory");
        rawKeys[i] = "raw-" + i + ".memory";
      }
    }

    @Override
    public void close() {
      persistence.close();
      Site.close(connection);
    }
  }
}
