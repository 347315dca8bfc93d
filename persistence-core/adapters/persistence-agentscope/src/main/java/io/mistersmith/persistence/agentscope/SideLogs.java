package io.mistersmith.persistence.agentscope;

import io.mistersmith.persistence.agentscope.Block.Reference;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Logs that hold a long list whose summary names them. Their names are in the document of the list
 * before they have entries, so that whatever becomes of the process, they are deleted with it.
 */
final class SideLogs {

  private static final int KEPT = 4;

  private final StateRepository<Document> documents;
  private final StateKey list;
  private final Function<String, Log<String>> logs;

  SideLogs(StateRepository<Document> documents, StateKey list, Function<String, Log<String>> logs) {
    this.documents = documents;
    this.list = list;
    this.logs = logs;
  }

  Log<String> log(String name) {
    return logs.apply(name);
  }

  Reference write(List<String> pieces) {
    String name = list.key() + "/" + UUID.randomUUID().toString().substring(0, 8);
    change(names -> added(names, name));
    logs.apply(name).appendAll(pieces);
    return new Reference(name, pieces.size());
  }

  /**
   * Deletes all but the last few logs. Another process can go on reading a summary for a moment
   * after it was replaced, or be about to name a log that it has written.
   */
  void prune() {
    List<String> names = documents.find(list).map(found -> names(found.value())).orElse(List.of());
    for (String old : names.subList(0, Math.max(0, names.size() - KEPT))) {
      logs.apply(old).delete();
      change(found -> removed(found, old));
    }
  }

  /** Returns the names that a document of a list holds. */
  static List<String> names(Document document) {
    List<String> names = new ArrayList<>();
    StateJson.tree(document.json()).path("logs").forEach(name -> names.add(name.asText()));
    return names;
  }

  private void change(UnaryOperator<List<String>> change) {
    documents.update(
        list, Document.NONE, document -> document.next(json(change.apply(names(document)))));
  }

  private static List<String> added(List<String> names, String name) {
    names.add(name);
    return names;
  }

  private static List<String> removed(List<String> names, String name) {
    names.remove(name);
    return names;
  }

  private static String json(List<String> names) {
    return "{\"logs\":" + StateJson.of(names) + "}";
  }
}
