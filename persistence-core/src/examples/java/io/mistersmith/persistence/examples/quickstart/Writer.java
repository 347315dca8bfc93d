package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The process that writes: replays all runs, many agents at once, and goes on where an earlier
 * writer of the same replay was. It may be killed at any moment.
 */
final class Writer {

  /** How many agents are at work at the same time. */
  static final int AGENTS_AT_ONCE = 32;

  private static final Duration SHORTEST_REPLAY = Duration.ofSeconds(6);
  private static final Duration LONGEST_REPLAY = Duration.ofHours(1);
  private static final Duration CLOSE = Duration.ofSeconds(45);

  private Writer() {}

  /** Reads its settings from standard input and reports on standard output. */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    WriterSettings settings = WriterSettings.parse(in.readLine());
    Reports reports = new Reports();
    int status = 0;
    try {
      reports.send(new WriterReport.Finished(replay(settings, reports)));
    } catch (RuntimeException | ExecutionException | TimeoutException | InterruptedException e) {
      reports.send(new WriterReport.Failed(String.valueOf(e.getMessage())));
      status = 1;
    }
    System.exit(status);
  }

  private static long replay(WriterSettings settings, Reports reports)
      throws IOException, ExecutionException, TimeoutException, InterruptedException {
    List<RecordedRun> runs = Recording.read(settings.file()).runs();
    ExecutorService agents = Executors.newFixedThreadPool(AGENTS_AT_ONCE, Writer::agentThread);
    LagReporter lag = new LagReporter(reports::send);
    try (Persistence persistence = Persistence.open(settings.engine(lag))) {
      WarmUp.run(persistence);
      lag.measure();
      try (RunTasks tasks = RunTasks.open(persistence, settings);
          RunMessages messages = RunMessages.open(persistence, settings)) {
        replay(runs, settings, persistence, tasks, messages, agents, reports);
      }
      return persistence.close(CLOSE);
    } finally {
      agents.shutdownNow();
    }
  }

  private static void replay(
      List<RecordedRun> runs,
      WriterSettings settings,
      Persistence persistence,
      RunTasks tasks,
      RunMessages messages,
      ExecutorService agents,
      Reports reports)
      throws ExecutionException, TimeoutException, InterruptedException {
    StateRepository<JsonNode> states = persistence.states(JsonNode.class);
    Duration pace = pace(runs);
    List<Future<?>> replays = new ArrayList<>();
    for (RecordedRun run : runs) {
      AgentId agent = run.agent(settings.replay());
      replays.add(
          agents.submit(
              new AgentReplay(
                  run,
                  agent,
                  pace,
                  firstStep(pace, replays.size()),
                  persistence.agents(),
                  persistence.lifecycle(),
                  states,
                  persistence.log(agent, AgentState.CONVERSATION, AgentState.TURNS),
                  persistence::step,
                  tasks,
                  messages,
                  persistence.knowledge(),
                  reports)));
    }
    for (Future<?> replay : replays) {
      replay.get(LONGEST_REPLAY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** The shortest time between two steps of an agent, in place of the model's answer. */
  static Duration pace(List<RecordedRun> runs) {
    long steps = runs.stream().mapToLong(run -> run.steps().size()).sum();
    long atOnce = Math.min(AGENTS_AT_ONCE, runs.size());
    return SHORTEST_REPLAY.multipliedBy(atOnce).dividedBy(Math.max(1, steps));
  }

  /** Agents that begin together begin one after another, so that they do not all write at once. */
  private static Duration firstStep(Duration pace, int agent) {
    return agent < AGENTS_AT_ONCE
        ? pace.multipliedBy(agent).dividedBy(AGENTS_AT_ONCE)
        : Duration.ZERO;
  }

  private static Thread agentThread(Runnable work) {
    Thread thread = new Thread(work, "quickstart-agent");
    thread.setDaemon(true);
    return thread;
  }
}
