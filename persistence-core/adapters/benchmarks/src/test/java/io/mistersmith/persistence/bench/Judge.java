package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.bench.Said.Part;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares what readers find with what two writers wrote. Used by one thread. */
final class Judge {

  private final List<Part> parts;
  private final Set<Said> found = new HashSet<>();
  private final Set<Said> reordered = new HashSet<>();
  private final Set<Said> apart = new HashSet<>();

  Judge(List<Part> parts) {
    this.parts = parts;
  }

  /** Notes what a reader finds: all messages, or the last ones. */
  void observe(List<Said> messages) {
    Map<String, Integer> last = new HashMap<>();
    for (int i = 0; i < messages.size(); i++) {
      Said said = messages.get(i);
      found.add(said);
      int place = said.turn() * parts.size() + parts.indexOf(said.part());
      if (place <= last.getOrDefault(said.writer(), -1)) {
        reordered.add(said); // or there twice
      }
      last.put(said.writer(), place);
      boolean isApart =
          said.part() == Part.RESULT
              && i > 0 // else the call is older than what the reader is shown
              && !messages.get(i - 1).equals(new Said(Part.CALL, said.writer(), said.turn()));
      if (isApart) {
        apart.add(said);
      }
    }
  }

  /** Returns how many messages no reader has found. */
  long lost(List<String> writers, int turns) {
    return (long) writers.size() * turns * parts.size() - found.size();
  }

  int reordered() {
    return reordered.size();
  }

  /** Returns how many results of tools were not right after their calls. */
  int apart() {
    return apart.size();
  }
}
