package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.conflict.Conflict;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictResolver.ConflictStrategy;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.crdt.OrMap;
import io.mistersmith.persistence.crdt.OrSet;
import io.mistersmith.persistence.crdt.PnCounter;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** How a writer competes for one key under each strategy. It prints each acknowledgement. */
enum Rivalry {

  /** Prints the saved value, the time of that write, and the value that the save returned. */
  LAST_WRITE_WINS {
    @Override
    void write(Rival rival, int writes) {
      Timekeeper times = new Timekeeper();
      StateRepository<String> states = rival.states(String.class, times);
      for (int i = 0; i < writes; i++) {
        String value = rival.name() + "-" + i;
        Versioned<String> current = rival.save(states, value, SaveOptions.unconditional());
        rival.told().accept(value + " " + times.of(value) + " " + current.value());
      }
    }
  },

  /**
   * Adds words to the value that it read, to the value of its last save, or to nothing; prints
   * them.
   */
  VECTOR_CLOCK {
    @Override
    void write(Rival rival, int writes) {
      StateRepository<String> states = rival.states(String.class, words());
      Versioned<String> last = states.find(rival.key()).orElseThrow();
      for (int i = 0; i < writes; i++) {
        String word = rival.name() + "-" + i;
        if (i % 3 == 0) {
          last = states.find(rival.key()).orElseThrow();
        }
        last =
            i % 3 == 2
                ? rival.save(states, word, SaveOptions.unconditional())
                : rival.save(
                    states, union(last.value(), word), SaveOptions.unconditional().basedOn(last));
        rival.told().accept(word);
      }
    }
  },

  /** Counts up by three and down by one; prints the amounts. */
  PN_COUNTER {
    @Override
    void write(Rival rival, int writes) {
      StateRepository<PnCounter> states =
          rival.states(PnCounter.class, ConflictResolver.crdtMerge());
      PnCounter own = PnCounter.empty();
      for (int i = 0; i < writes; i++) {
        int amount = i % 2 == 0 ? 3 : -1;
        own =
            rival.save(states, own.add(rival.name(), amount), SaveOptions.unconditional()).value();
        rival.told().accept(Integer.toString(amount));
      }
    }
  },

  /**
   * Adds elements, and takes every fifth of its own away; prints {@code +} or {@code -} of each.
   */
  OR_SET {
    @Override
    void write(Rival rival, int writes) {
      StateRepository<OrSet> states = rival.states(OrSet.class, ConflictResolver.crdtMerge());
      OrSet own = OrSet.empty();
      for (int i = 0; i < writes; i++) {
        String element = rival.name() + "-" + i;
        own =
            rival.save(states, own.add(rival.name(), element), SaveOptions.unconditional()).value();
        rival.told().accept("+" + element);
        if (i % 5 == 0) {
          own = rival.save(states, own.remove(element), SaveOptions.unconditional()).value();
          rival.told().accept("-" + element);
        }
      }
    }
  },

  /** Counts and collects in fields of a map, one of them nested; prints the elements. */
  OR_MAP {
    @Override
    void write(Rival rival, int writes) {
      StateRepository<OrMap> states = rival.states(OrMap.class, ConflictResolver.crdtMerge());
      Versioned<OrMap> last = rival.save(states, OrMap.empty(), SaveOptions.unconditional());
      for (int i = 0; i < writes; i++) {
        String element = rival.name() + "-" + i;
        OrMap own =
            last.value()
                .update("count", PnCounter.empty(), count -> count.add(rival.name(), 1))
                .update(
                    "inner",
                    OrMap.empty(),
                    inner ->
                        inner.update(
                            "elements", OrSet.empty(), set -> set.add(rival.name(), element)));
        last = rival.save(states, own, SaveOptions.unconditional().basedOn(last));
        rival.told().accept(element);
      }
    }
  },

  /** Saves words by themselves, which are united; prints them. */
  CUSTOM_MERGE {
    @Override
    void write(Rival rival, int writes) {
      StateRepository<String> states =
          rival.states(String.class, ConflictResolver.customMerge(Rivalry::union));
      for (int i = 0; i < writes; i++) {
        String word = rival.name() + "-" + i;
        rival.save(states, word, SaveOptions.unconditional());
        rival.told().accept(word);
      }
    }
  },

  /** Counts by reading and saving, and reads again when it is rejected; prints each success. */
  REJECT {
    @Override
    void write(Rival rival, int writes) {
      StateRepository<Long> states = rival.states(Long.class, ConflictResolver.reject());
      int counted = 0;
      while (counted < writes) {
        Versioned<Long> read = states.find(rival.key()).orElseThrow();
        try {
          Versioned<Long> unused =
              rival.trySave(states, read.value() + 1, SaveOptions.unconditional().basedOn(read));
          counted++;
          rival.told().accept("counted");
        } catch (PersistenceException e) {
          if (!Conflicts.isConflict(e)) {
            throw e;
          }
          rival.told().accept("rejected");
        }
      }
    }
  };

  abstract void write(Rival rival, int writes);

  /** Keeps a value that has seen the other; else unites both. */
  static ConflictResolver<String> words() {
    return ConflictResolver.vectorClock(ConflictResolver.customMerge(Rivalry::union));
  }

  static String union(String one, String other) {
    Set<String> words = new TreeSet<>(Set.of(one.split(" ")));
    words.addAll(Set.of(other.split(" ")));
    return String.join(" ", words);
  }

  /** The last write wins, and it is noted when each of this writer's writes was made. */
  private static final class Timekeeper implements ConflictResolver<String> {
    private final Map<String, HybridTimestamp> times = new ConcurrentHashMap<>();
    private final ConflictResolver<String> rule = ConflictResolver.lastWriteWins();

    @Override
    public Resolution<String> resolve(Conflict<String> conflict) {
      times.put(conflict.incoming().value().orElseThrow(), conflict.incoming().timestamp());
      return rule.resolve(conflict);
    }

    @Override
    public ConflictStrategy strategy() {
      return rule.strategy();
    }

    HybridTimestamp of(String value) {
      HybridTimestamp time = times.get(value);
      if (time == null) {
        throw new IllegalStateException("saved over an unseen version without asking");
      }
      return time;
    }
  }
}
