package io.mistersmith.persistence.agentscope;

import io.agentscope.core.message.Msg;
import io.agentscope.core.state.State;
import io.mistersmith.persistence.agentscope.Block.Reference;
import io.mistersmith.persistence.agentscope.Entries.Known;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Limits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A list of states that is kept as a log. The framework hands over the whole list each time. It is
 * compared with the list that this process handed over or read last, and the rest is appended. So
 * what another process has appended since stays. Where the lists differ before their ends, the new
 * one takes the place of the old one, for all readers at once.
 */
final class StoredList {

  private static final int ATTEMPTS = 10;
  private static final int FEW = 16;

  private final Log<String> log;
  private final Limits limits;
  private final SideLogs sides;
  private final Entries entries;
  private final Map<String, Long> calls = new LinkedHashMap<>();

  /** The versions after {@code seenTo} that this process has appended. */
  private final Set<Long> own = new HashSet<>();

  /** The list as the framework has it; null while this process does not know. */
  private @Nullable List<Object> seen;

  /** Items of other writers that stand in a summary and that the framework has not read. */
  private List<Object> unread = List.of();

  /** The version up to which the framework has read, or has itself replaced, all entries. */
  private long seenTo;

  private boolean limited;

  StoredList(Log<String> log, Limits limits, SideLogs sides) {
    this.log = log;
    this.limits = limits;
    this.sides = sides;
    this.entries = new Entries(log, sides::log);
  }

  synchronized <T extends State> List<T> read(Class<T> type) {
    List<Object> items = new ArrayList<>(readAll(type));
    return items.stream().map(item -> StateJson.as(item, type)).toList();
  }

  private List<Object> readAll(Class<?> type) {
    entries.refresh(type);
    List<Known> known = entries.known();
    known
        .subList(Math.max(0, known.size() - Log.MAX_DISTANCE), known.size())
        .forEach(entry -> remember(entry.version(), entry.items()));
    List<Object> items = Block.arranged(entries.items());
    seen = items;
    seenTo = entries.readTo();
    own.clear();
    unread = List.of();
    return items;
  }

  /** Has the log keep the limits. They are entered once by each process, in case they change. */
  synchronized void keepLimits() {
    if (!log.limits().equals(limits)) {
      log.keep(limits);
    }
    limited = true;
  }

  synchronized void write(List<? extends State> values) {
    if (!limited) {
      keepLimits();
    }
    boolean messages = values.isEmpty() || values.get(0) instanceof Msg;
    List<Object> before = seen != null ? seen : readAll(messages ? Msg.class : State.class);
    seen = null; // until the write is known to have succeeded
    if (startsWith(values, before)) {
      List<Object> added = items(values.subList(before.size(), values.size()));
      try {
        append(added);
      } catch (TransientPersistenceException e) {
        if (e.error() == DataError.VERSION_CONFLICT && added.size() == 1) {
          seen = before; // nothing was written: the save can be repeated
        }
        throw e;
      }
      before.addAll(added);
      seen = before;
    } else {
      List<Object> items = items(values);
      replace(items, messages ? Msg.class : State.class);
      seen = items;
    }
  }

  private static boolean startsWith(List<? extends State> values, List<Object> before) {
    if (values.size() < before.size()) {
      return false;
    }
    Object[] some = before.toArray(); // long arrays are compared faster than lists
    Object[] others = values.toArray();
    for (int i = 0; i < some.length; i++) {
      if (some[i] != others[i] && !StateJson.same(some[i], values.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static List<Object> items(List<? extends State> values) {
    List<Object> items = new ArrayList<>(values.size());
    values.forEach(value -> items.add(StateJson.item(value)));
    return items;
  }

  private void append(List<Object> items) {
    List<List<Object>> groups = Block.groups(items);
    if (groups.size() > FEW) {
      appendMany(groups);
      return;
    }
    for (List<Object> group : groups) {
      Append options = Append.always();
      for (Object item : group) {
        for (String call : Block.results(item)) {
          Long version = calls.get(call);
          options = version == null ? options : options.keptWith(version);
        }
      }
      long version = log.append(Block.of(group), options);
      entries.appended(version, group);
      appended(version);
      remember(version, group);
    }
  }

  private void appended(long version) {
    if (version == seenTo + 1) {
      seenTo = version;
    } else {
      own.add(version);
    }
  }

  /** Appends all at once, and finds its entries among those of other writers. */
  private void appendMany(List<List<Object>> groups) {
    List<String> blocks = groups.stream().map(Block::of).toList();
    log.appendAll(blocks);
    entries.refresh(Msg.class);
    long before = seenTo;
    int next = 0;
    for (Known entry : entries.known()) {
      if (entry.version() > before
          && next < blocks.size()
          && Block.of(entry.items()).equals(blocks.get(next))) {
        appended(entry.version());
        remember(entry.version(), groups.get(next));
        next++;
      }
    }
  }

  private void remember(long version, List<Object> items) {
    for (Object item : items) {
      Block.calls(item).forEach(call -> calls.put(call, version));
    }
    while (calls.size() > Log.MAX_DISTANCE) {
      calls.remove(calls.keySet().iterator().next());
    }
  }

  private void replace(List<Object> items, Class<?> type) {
    for (int attempt = 1; ; attempt++) {
      entries.refresh(type);
      List<Known> known = entries.known();
      List<Object> foreign = new ArrayList<>(unread);
      known.stream()
          .filter(entry -> entry.version() > seenTo && !own.contains(entry.version()))
          .forEach(entry -> foreign.addAll(entry.items()));
      if (known.isEmpty()) {
        append(items);
        return;
      }
      if (known.get(known.size() - 1).summary()) {
        own.add(log.append("[]")); // a summary replaces entries that came after the one before
        entries.refresh(type);
      }
      try {
        summarise(items, foreign);
        return;
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Replaces all known entries by the items, followed by those of other writers. */
  private void summarise(List<Object> items, List<Object> foreign) {
    List<Object> all = new ArrayList<>(items);
    all.addAll(foreign);
    String summary = Block.of(all);
    Optional<Reference> reference = Optional.empty();
    if (summary.length() > Block.MAX_SUMMARY) {
      reference = Optional.of(sides.write(Block.pieces(all)));
      summary = Block.of(reference.get());
    }
    long version = log.compact(entries.readTo(), summary, 0);
    seenTo = entries.readTo();
    entries.replaced(version, all);
    unread = foreign;
    own.clear();
    if (reference.isPresent()) {
      sides.prune();
    }
  }
}
