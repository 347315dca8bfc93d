package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Looks at the steps of agents in all ways that there are, while they are written and everything is
 * killed: reads of all keys, one read after the other, a watch that reads, checkpoints, and rows
 * past the library. Keeps what showed a part of a step.
 */
final class StepObservers implements AutoCloseable {

  private static final String TORN_ROWS =
      """
      SELECT format('%%s has %%s rows with %%s numbers from %%s to %%s', agent_id, count(*),
                    count(DISTINCT state_value), min((state_value #>> '{}')::bigint),
                    max((state_value #>> '{}')::bigint))
        FROM agents.state
       WHERE state_key LIKE 'step.%%'
       GROUP BY agent_id
      HAVING count(*) <> %d OR count(DISTINCT state_value) <> 1
      """
          .formatted(StepWriter.KEYS);

  private final Installation installation;
  private final Persistence persistence;
  private final StateRepository<Long> states;
  private final List<AgentId> agents;
  private final List<String> torn = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<StateRepository.Watch> watches = new ArrayList<>();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong heard = new AtomicLong();
  private final AtomicLong checkpoints = new AtomicLong();
  private volatile boolean stopped;

  StepObservers(Installation installation, Persistence persistence, List<AgentId> agents) {
    this(installation, persistence, agents, false);
  }

  /**
   * Observers of agents.
   *
   * @param replicated whether single reads may come from several servers: then what one shows is
   *     only promised of the next where the owner is in memory
   */
  StepObservers(
      Installation installation,
      Persistence persistence,
      List<AgentId> agents,
      boolean replicated) {
    this.installation = installation;
    this.persistence = persistence;
    this.states = persistence.states(StepWriter.TYPE);
    this.agents = agents;
    for (AgentId agent : agents) {
      watches.add(states.watch(agent, this::hear));
    }
    start("reads", this::readTogether);
    if (!replicated) {
      start("single reads", this::readOneByOne);
    }
    start("rows", this::lookAtRows);
    start("checkpoints", this::makeCheckpoint);
  }

  private void start(String name, Runnable look) {
    Thread thread =
        new Thread(
            () -> {
              while (!stopped) {
                try {
                  look.run();
                } catch (PersistenceException | IllegalStateException e) {
                  rest(); // a server is away
                }
              }
            },
            "observes-" + name);
    thread.start();
    threads.add(thread);
  }

  private static void rest() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readTogether() {
    for (AgentId agent : agents) {
      List<Optional<Long>> found = readAll(agent);
      require("a read of all keys", found, agent);
      reads.incrementAndGet();
    }
    rest();
  }

  private List<Optional<Long>> readAll(AgentId agent) {
    Collection<DataResult<Optional<Versioned<Long>>>> found =
        states.findAll(StepWriter.keys(agent)).values();
    return found.stream().map(row -> row.orElseThrow().map(Versioned::value)).toList();
  }

  private void require(String how, List<Optional<Long>> found, AgentId agent) {
    if (Set.copyOf(found).size() > 1) {
      torn.add(how + " of " + agent + " found " + found);
    }
  }

  /** Later reads never show what was before a step that an earlier one has shown. */
  private void readOneByOne() {
    for (AgentId agent : agents) {
      long highest = 0;
      for (StateKey key : StepWriter.keys(agent)) {
        Optional<Versioned<Long>> version = states.find(key);
        long found = version.map(Versioned::value).orElse(0L);
        // What PostgreSQL answers while NATS is away may be older, and says so.
        if (version.flatMap(Versioned::awaySince).isPresent()) {
          break;
        }
        if (found < highest) {
          torn.add("a read of " + key + " found " + found + " after one that found " + highest);
        }
        highest = Math.max(highest, found);
      }
    }
    rest();
  }

  private void hear(StateChangeEvent<Long> change) {
    long number = change.value().orElseThrow().value();
    try {
      Map<StateKey, DataResult<Optional<Versioned<Long>>>> rows =
          states.findAll(StepWriter.keys(change.key().agent()));
      Set<Long> numbers = new HashSet<>();
      for (DataResult<Optional<Versioned<Long>>> row : rows.values()) {
        Versioned<Long> version = row.orElseThrow().orElseThrow();
        if (version.awaySince().isPresent()) {
          return;
        }
        numbers.add(version.value());
      }
      if (numbers.size() != 1 || numbers.iterator().next() < number) {
        torn.add("a watch heard " + number + " of " + change.key() + " and read " + numbers);
      }
      heard.incrementAndGet();
    } catch (PersistenceException e) {
      rest();
    }
  }

  private void lookAtRows() {
    torn.addAll(installation.query(TORN_ROWS));
    rows.incrementAndGet();
    rest();
  }

  private void makeCheckpoint() {
    for (AgentId agent : agents) {
      Checkpoint made = persistence.checkpoints().create(agent, CheckpointOptions.full());
      List<Optional<Long>> content =
          persistence.checkpoints().read(made.id(), StepWriter.TYPE).values().stream()
              .map(version -> Optional.of(version.value()))
              .toList();
      require("a checkpoint", content, agent);
      if (!content.isEmpty() && content.size() != StepWriter.KEYS) {
        torn.add("a checkpoint of " + agent + " has " + content.size() + " keys");
      }
      checkpoints.incrementAndGet();
    }
    rest();
  }

  List<String> torn() {
    return torn;
  }

  String counts() {
    return "reads=%d heard=%d checkpoints=%d row_looks=%d torn=%d"
        .formatted(reads.get(), heard.get(), checkpoints.get(), rows.get(), torn.size());
  }

  /** Whether each observer has looked at least so often. */
  boolean haveLooked(long times) {
    return reads.get() >= times
        && rows.get() >= times
        && heard.get() >= times
        && checkpoints.get() >= times;
  }

  @Override
  public void close() {
    stopped = true;
    watches.forEach(StateRepository.Watch::close);
    for (Thread thread : threads) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(60));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
