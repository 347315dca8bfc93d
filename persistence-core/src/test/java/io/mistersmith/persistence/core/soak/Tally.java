package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import java.io.PrintStream;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Counts broken promises, each once, and prints the first of each kind. Thread-safe. */
final class Tally {

  private static final int SHOWN = 20;

  private final PrintStream out;
  private final Map<Kind, Set<String>> faults = new EnumMap<>(Kind.class);
  private final Map<String, Integer> tolerated = new TreeMap<>();
  private final Map<StorageLayer, Integer> compared = new EnumMap<>(StorageLayer.class);
  private final Map<String, Integer> counted = new TreeMap<>();
  private String unexpected = "";

  Tally(PrintStream out) {
    this.out = out;
  }

  synchronized void add(Fault fault) {
    Set<String> known = faults.computeIfAbsent(fault.kind(), kind -> new HashSet<>());
    if (known.add(fault.what()) && known.size() <= SHOWN) {
      out.println("soak: " + fault.kind() + " " + fault.what());
    }
  }

  /** Something happened that nobody promised: the soak has failed, whatever is counted. */
  synchronized void unexpected(String what) {
    if (unexpected.isEmpty()) {
      out.println("soak: failed: " + what);
    }
    unexpected = what;
  }

  /** An operation failed, as operations do while servers are killed and frozen. */
  synchronized void tolerated(String operation, String error) {
    tolerated.merge("operation=" + operation + " error=" + error, 1, Integer::sum);
  }

  /** A value that this layer answered was compared with what was saved. */
  synchronized void compared(StorageLayer layer) {
    compared.merge(layer, 1, Integer::sum);
  }

  /** Something happened that shows what the soak met. */
  synchronized void counted(String what) {
    counted.merge(what, 1, Integer::sum);
  }

  /** Prints how often each thing happened. */
  synchronized void printCounted() {
    counted.forEach((what, count) -> out.println("soak: " + what + " count=" + count));
  }

  /** Prints how many values of each layer were compared with what was saved. */
  synchronized void printCompared() {
    compared.forEach(
        (layer, count) -> out.println("soak: compared layer=" + layer + " values=" + count));
  }

  /** Prints how often each operation failed, and how. */
  synchronized void printTolerated() {
    tolerated.forEach((what, count) -> out.println("soak: tolerated " + what + " count=" + count));
  }

  synchronized int count(Kind kind) {
    return faults.getOrDefault(kind, Set.of()).size();
  }

  synchronized boolean isClean() {
    return faults.isEmpty() && unexpected.isEmpty();
  }
}
