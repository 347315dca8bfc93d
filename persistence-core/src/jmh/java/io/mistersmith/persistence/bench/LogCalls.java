package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Appends to short and to long logs, and reads of their ends. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class LogCalls {

  private static final int TURNS = 50;

  /** How many entries the long log has. */
  @Param("100000")
  public int entries;

  @SuppressWarnings("NullAway.Init") // set before a trial
  private Logs logs;

  /** Fills the logs, once. */
  @Setup
  public void open() {
    logs = Opened.get("logs", () -> new Logs(entries));
  }

  /** Waits for what earlier rounds left. */
  @Setup(Level.Iteration)
  public void settle() {
    logs.settle();
  }

  /** An append to a short log against an unconditional save. */
  @Benchmark
  public int appendShort() throws Exception {
    return Turns.take(TURNS, logs::save, logs::appendShort);
  }

  /** An append to a log of 10,000 entries against one to a short log. */
  @Benchmark
  public int appendMiddle() throws Exception {
    return Turns.take(TURNS, logs::appendShort, i -> logs.middle.append(logs.value));
  }

  /** An append to the long log against one to a short log. */
  @Benchmark
  public int appendLong() throws Exception {
    return Turns.take(TURNS, logs::appendShort, i -> logs.longest.append(logs.value));
  }

  /** The last 20 entries against one request for 20 keys by hand. */
  @Benchmark
  public int tail() throws Exception {
    return Turns.take(TURNS, i -> logs.readRaw(), i -> logs.longest.tail(20));
  }

  /** Two runtimes append 10,000 entries each to one log; notes how many stand where they belong. */
  @Benchmark
  public int contend() throws Exception {
    return logs.contend(Math.min(10_000, entries / 10));
  }

  private static final class Logs implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final AgentId OWNER = AgentId.external("conversation");

    private final String prefix = "logs-" + ProcessHandle.current().pid() + "-";
    private final Persistence persistence = open();
    private final Persistence other = open();
    private final Connection connection = Site.present().nats();
    private final StateRepository<Memory> states = persistence.states(Memory.class);
    private final Memory value = Memory.small(7);
    private final List<Log<Memory>> shortest = new ArrayList<>();
    private final Log<Memory> middle = log("middle");
    private final Log<Memory> longest = log("longest");
    private int contests;

    Logs(int entries) {
      for (int i = 0; i < Workbench.KEYS; i++) {
        Log<Memory> log = log("short-" + i);
        fill(log, 10);
        shortest.add(log);
      }
      fill(middle, entries / 10);
      fill(longest, entries);
      settle();
    }

    private Persistence open() {
      return Persistence.open(Site.present().config(prefix).cache(CacheConfig.off()).build());
    }

    private Log<Memory> log(String name) {
      return persistence.log(OWNER, name, Memory.class);
    }

    private void fill(Log<Memory> log, int entries) {
      for (int i = 0; i < entries; i++) {
        log.append(value);
      }
    }

    void settle() {
      states.save(
          StateKey.of(OWNER, "settling"),
          value,
          SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED));
    }

    Object save(int i) {
      return states.save(StateKey.of(OWNER, "memory-" + i), value);
    }

    Object appendShort(int i) {
      return shortest.get(i).append(value);
    }

    Object readRaw() throws InterruptedException {
      long end = 20; // any 20 entries do, as long as they are there
      String inbox = connection.createInbox();
      Subscription answers = connection.subscribe(inbox);
      answers.setPendingLimits(-1, -1);
      String subjects =
          LongStream.rangeClosed(end - 19, end)
              .mapToObj(this::subject)
              .collect(Collectors.joining(",", "{\"multi_last\":[", "]}"));
      connection.publish(
          "$JS.API.DIRECT.GET.KV_" + prefix + "AGENT_STATE",
          inbox,
          subjects.getBytes(StandardCharsets.UTF_8));
      List<byte[]> values = new ArrayList<>();
      Message answer = answers.nextMessage(PATIENCE);
      while (answer != null && !answer.isStatusMessage()) {
        values.add(answer.getData());
        answer = answers.nextMessage(PATIENCE);
      }
      answers.unsubscribe();
      if (values.size() != 20) {
        throw new IllegalStateException(values.size() + " instead of 20 entries");
      }
      return values;
    }

    private String subject(long version) {
      return "\"$KV.%sAGENT_STATE.%04d._conversation._log._.longest.%012d\""
          .formatted(prefix, OWNER.shard(), version);
    }

    /** Returns the entries that were appended. */
    int contend(int each) throws Exception {
      String name = "contest-" + contests++;
      ExecutorService pool = Executors.newFixedThreadPool(2);
      long start = System.nanoTime();
      try {
        Future<?> ours = pool.submit(() -> write(persistence, name, 1, each));
        Future<?> theirs = pool.submit(() -> write(other, name, 2, each));
        ours.get();
        theirs.get();
      } finally {
        pool.shutdown();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      System.err.printf("bench: %.0f appends a second by two runtimes%n", 2 * each / seconds);
      Recorder.note(Turns.RAW, 2 * each);
      Recorder.note(Turns.OURS, inOrder(log(name)));
      return 2 * each;
    }

    /** Counts the entries that stand in the order of their writers. */
    private static int inOrder(Log<Memory> log) {
      int inOrder = 0;
      long[] last = new long[3];
      List<Entry<Memory>> page = log.read(1, 1_000);
      while (!page.isEmpty()) {
        for (Entry<Memory> entry : page) {
          int writer = (int) (entry.value().step() % 10);
          inOrder +=
              entry.value().step() == last[writer] + (last[writer] == 0 ? 10 + writer : 10) ? 1 : 0;
          last[writer] = entry.value().step();
        }
        page = log.read(page.get(page.size() - 1).version() + 1, 1_000);
      }
      return inOrder;
    }

    private static Object write(Persistence runtime, String name, int writer, int each) {
      Log<Memory> log = runtime.log(OWNER, name, Memory.class);
      for (int i = 1; i <= each; i++) {
        log.append(Memory.small(i * 10L + writer));
      }
      return log;
    }

    @Override
    public void close() {
      persistence.close();
      other.close();
      Site.close(connection);
    }
  }
}
