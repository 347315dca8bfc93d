package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.agent.AgentLifecycle;
import io.mistersmith.persistence.agent.AgentRepository;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One agent: registers itself where it is not, finds how far it was, and writes its steps from
 * there, one after another.
 */
record AgentReplay(
    RecordedRun recorded,
    AgentId agent,
    Duration pace,
    Duration firstStep,
    AgentRepository agents,
    AgentLifecycle lifecycle,
    StateRepository<JsonNode> states,
    Log<JsonNode> conversation,
    Supplier<Step> steps,
    RunTasks tasks,
    RunMessages messages,
    Knowledge knowledge,
    Reports reports)
    implements Runnable {

  private static final int ATTEMPTS = 5;
  private static final StateType<JsonNode> TYPE = StateType.untyped(JsonNode.class);
  private static final Set<DataError> REFUSALS =
      Set.of(DataError.SERIALIZATION_ERROR, DataError.VALUE_TOO_LARGE);

  @Override
  public void run() {
    if (retried(() -> agents.find(agent)).isEmpty()) {
      retried(() -> agents.save(newAgent()));
    }
    int hydrated = retried(() -> lifecycle.hydrate(agent).brought());
    int done = readCursor();
    reports.send(new WriterReport.Started(recorded.line(), done, hydrated));
    long next = System.nanoTime() + firstStep.toNanos();
    for (int step = done; step < recorded.steps().size(); step++) {
      LockSupport.parkNanos(next - System.nanoTime());
      next = Math.max(next, System.nanoTime() - pace.toNanos()) + pace.toNanos();
      int cursor = readCursor();
      if (cursor != step) {
        throw new IllegalStateException(
            "agent " + agent + " read cursor " + cursor + " after it had written " + step);
      }
      write(step);
    }
  }

  /** A refused step is skipped, and the cursor moves past it. */
  private void write(int step) {
    Map<String, JsonNode> accepted = accepted(step);
    if (accepted.keySet().stream().anyMatch(AgentState::isTurn)) {
      retried(() -> tasks.enqueue(recorded, agent, step));
      retried(() -> messages.send(recorded, agent, step));
      retried(() -> knowledge.saveAll(List.of(RunFacts.of(recorded, agent, step))));
    }
    long version = retried(conversation::version);
    long start = System.nanoTime();
    try {
      writeWhole(step, accepted, Append.at(version));
    } catch (NonTransientPersistenceException e) {
      if (e.error() != DataError.MISCONFIGURED) {
        throw e;
      }
      writeOneByOne(accepted);
    }
    long micros = microsSince(start);
    accepted
        .keySet()
        .forEach(key -> reports.send(new WriterReport.Put(recorded.line(), step, key, micros)));
  }

  /**
   * Writes the step, once: the log has to have the version that it had before. If an answer was
   * lost, the cursor says whether the step was written.
   */
  private void writeWhole(int step, Map<String, JsonNode> entries, Append turn) {
    for (int attempt = 1; ; attempt++) {
      try {
        whole(entries, turn).commit();
        return;
      } catch (TransientPersistenceException e) {
        if (readCursor() > step) {
          return;
        }
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** For nats-server before 2.12. The cursor is the last, and a turn that is there is kept. */
  private void writeOneByOne(Map<String, JsonNode> entries) {
    entries.forEach(
        (key, value) -> {
          if (AgentState.isTurn(key)) {
            retried(() -> conversation.append(key, value));
          } else {
            retried(() -> states.save(key(key), value));
          }
        });
  }

  /** The entries of a step that can be stored. */
  private Map<String, JsonNode> accepted(int step) {
    Map<String, JsonNode> accepted = new LinkedHashMap<>();
    boolean refused = false;
    for (Map.Entry<String, JsonNode> entry : AgentState.ofStep(recorded, step).entrySet()) {
      if (refused && !entry.getKey().equals(AgentState.CURSOR)) {
        continue;
      }
      try {
        Step unused = whole(Map.of(entry.getKey(), entry.getValue()), Append.always());
        accepted.put(entry.getKey(), entry.getValue());
      } catch (NonTransientPersistenceException e) {
        if (!REFUSALS.contains(e.error())) {
          throw e;
        }
        refused = true;
        reports.send(
            new WriterReport.Refused(
                recorded.line(), step, e.error().name(), String.valueOf(e.getMessage())));
      }
    }
    return accepted;
  }

  private Step whole(Map<String, JsonNode> entries, Append turn) {
    Step step = steps.get();
    entries.forEach(
        (key, value) -> {
          if (AgentState.isTurn(key)) {
            LongSupplier unused = conversation.append(step, value, turn);
          } else {
            step.save(TYPE, key(key), value);
          }
        });
    return step;
  }

  private StateKey key(String key) {
    return StateKey.of(agent, key);
  }

  private int readCursor() {
    long start = System.nanoTime();
    int done =
        retried(() -> states.find(key(AgentState.CURSOR)))
            .map(cursor -> AgentState.stepsDone(cursor.value()))
            .orElse(0);
    reports.send(new WriterReport.Got(microsSince(start)));
    return done;
  }

  private Agent newAgent() {
    return Agent.of(agent, "quickstart", "run of line " + recorded.line())
        .withStatus(Agent.Status.ACTIVE);
  }

  private static long microsSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - nanos);
  }

  /** All calls here may be made again: the writes are unconditional and the agent's own. */
  private static <T> T retried(Supplier<T> call) {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get();
      } catch (TransientPersistenceException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }
}
