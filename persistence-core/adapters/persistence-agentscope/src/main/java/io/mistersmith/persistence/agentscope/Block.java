package io.mistersmith.persistence.agentscope;

import com.fasterxml.jackson.databind.JsonNode;
import io.agentscope.core.message.Msg;
import io.agentscope.core.message.ToolResultBlock;
import io.agentscope.core.message.ToolUseBlock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An entry of a list's log: items that stay together. Or the name of the log that has them. */
final class Block {

  /** The most characters of items in one entry: with 3 bytes each below 1 MB. */
  static final int MAX_CHARS = 256 * 1024;

  /** The most characters of a summary: each reader and writer of the log reads it. */
  static final int MAX_SUMMARY = 8 * 1024;

  private Block() {}

  static String of(List<?> items) {
    return items.stream().map(StateJson::of).collect(Collectors.joining(",", "[", "]"));
  }

  /** Returns an entry that stands for the first {@code entries} entries of another log. */
  static String of(Reference reference) {
    return "{\"log\":\"%s\",\"entries\":%d}".formatted(reference.log, reference.entries);
  }

  static @Nullable Reference reference(JsonNode entry) {
    return entry.isObject()
        ? new Reference(entry.path("log").asText(), entry.path("entries").asLong())
        : null;
  }

  static List<Object> items(JsonNode entry, Class<?> type) {
    List<Object> items = new ArrayList<>(entry.size());
    entry.forEach(item -> items.add(StateJson.item(item.toString(), type)));
    return items;
  }

  /** Returns the items in groups: a call of a tool and its results are in one. */
  static List<List<Object>> groups(List<Object> items) {
    Map<String, Integer> results = new HashMap<>();
    for (int i = 0; i < items.size(); i++) {
      for (String call : results(items.get(i))) {
        results.put(call, i);
      }
    }
    List<List<Object>> groups = new ArrayList<>();
    for (int start = 0; start < items.size(); ) {
      int end = start;
      for (int i = start; i <= end; i++) {
        for (String call : calls(items.get(i))) {
          end = Math.max(end, results.getOrDefault(call, i));
        }
      }
      groups.add(items.subList(start, end + 1));
      start = end + 1;
    }
    return groups;
  }

  /** Returns the items with results right after their calls, where another writer came between. */
  static List<Object> arranged(List<Object> items) {
    List<List<Object>> groups = new ArrayList<>(items.size());
    Map<String, List<Object>> calls = new HashMap<>();
    for (Object item : items) {
      List<Object> group = null;
      for (String call : results(item)) {
        group = group == null ? calls.get(call) : group;
      }
      if (group == null) {
        group = new ArrayList<>(1);
        groups.add(group);
      }
      group.add(item);
      for (String call : calls(item)) {
        calls.put(call, group);
      }
    }
    List<Object> arranged = new ArrayList<>(items.size());
    groups.forEach(arranged::addAll);
    return arranged;
  }

  /** Returns the items in groups that are as large as an entry may be. */
  static List<String> pieces(List<Object> items) {
    List<String> pieces = new ArrayList<>();
    List<Object> piece = new ArrayList<>();
    int chars = 0;
    for (Object item : items) {
      int size = StateJson.of(item).length();
      if (!piece.isEmpty() && chars + size > MAX_CHARS) {
        pieces.add(of(piece));
        piece.clear();
        chars = 0;
      }
      piece.add(item);
      chars += size;
    }
    pieces.add(of(piece));
    return pieces;
  }

  static List<String> calls(Object item) {
    return item instanceof Msg message
        ? message.getContentBlocks(ToolUseBlock.class).stream()
            .map(ToolUseBlock::getId)
            .filter(id -> id != null)
            .toList()
        : List.of();
  }

  static List<String> results(Object item) {
    return item instanceof Msg message
        ? message.getContentBlocks(ToolResultBlock.class).stream()
            .map(ToolResultBlock::getId)
            .filter(id -> id != null)
            .toList()
        : List.of();
  }

  /** Names another log, and how many entries it has when it is complete. */
  record Reference(String log, long entries) {}
}
