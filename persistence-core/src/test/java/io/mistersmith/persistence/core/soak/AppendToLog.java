package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Appends to the log that all write, with an id or without, and reads its end: what this actor was
 * told of is there, once, and no version is missing.
 */
final class AppendToLog implements Operation {

  private static final int END = 30;
  private static final int REMEMBERED = 200;

  private final TreeMap<Long, String> acknowledged = new TreeMap<>();

  /** The log of the soak. */
  static Log<String> log(Persistence persistence) {
    return persistence.log(World.SHARED, "turns", String.class);
  }

  @Override
  public void run(Actor actor) {
    Log<String> log = log(actor.persistence());
    String write = actor.newWrite();
    try {
      long version = actor.random().nextBoolean() ? log.append(write) : log.append(write, write);
      acknowledged.put(version, write);
      if (acknowledged.size() > REMEMBERED) {
        acknowledged.pollFirstEntry();
      }
    } catch (PersistenceException e) {
      PersistenceException unused = actor.tolerated(e);
      actor.pause();
    }
    actor.tolerate(() -> judge(actor, log));
  }

  private void judge(Actor actor, Log<String> log) {
    check(log.tail(END)).forEach(actor.ledgerWriter()::seen);
    List<Long> versions = List.copyOf(acknowledged.keySet());
    if (!versions.isEmpty()) {
      long version = versions.get(actor.random().nextInt(versions.size()));
      List<Entry<String>> found = log.read(version, 1);
      Map<Long, String> entry = new TreeMap<>();
      found.forEach(each -> entry.put(each.version(), each.value()));
      if (!entry.equals(Map.of(version, acknowledged.get(version)))) {
        actor
            .ledgerWriter()
            .seen(
                new Fault(
                    Kind.LOST,
                    "log entry %d %s, found %s"
                        .formatted(version, acknowledged.get(version), entry)));
      }
    }
  }

  /** Returns what is wrong with entries that follow each other. */
  static List<Fault> check(List<Entry<String>> entries) {
    List<Fault> faults = new ArrayList<>();
    Set<String> values = new HashSet<>();
    for (int i = 0; i < entries.size(); i++) {
      Entry<String> entry = entries.get(i);
      if (i > 0 && entry.version() != entries.get(i - 1).version() + 1) {
        faults.add(new Fault(Kind.LOST, "log entry before " + entry));
      }
      if (!values.add(entry.value())) {
        faults.add(new Fault(Kind.RESURRECTED, "log entry twice " + entry));
      }
    }
    return faults;
  }
}
