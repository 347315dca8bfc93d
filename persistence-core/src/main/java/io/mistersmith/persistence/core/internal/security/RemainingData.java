package io.mistersmith.persistence.core.internal.security;

import java.util.ArrayList;
import java.util.List;

/** Says what may be left of an agent that was forgotten, and until when. */
final class RemainingData {

  private static final List<String> ALWAYS =
      List.of(
          "KV: the names of the agent's keys, in markers without values, until these have been idle"
              + " for the time to live",
          "PostgreSQL: the agent's id in agents.forgotten, and in agents.data_keys where it had a"
              + " key of its own; names of keys in tombstones of an owner outside the registry, in"
              + " audit.change_log and in events.outbox, until these are swept, purged or rotated;"
              + " hashes of the tokens of revoked sessions until they are swept; rows that are"
              + " deleted, in their pages until VACUUM and in the WAL until it is recycled",
          "the names of actors and requests: of changes of the agent's rows in audit.change_log,"
              + " until it is purged; and the agent's own, where it was the actor, in what it wrote"
              + " of others",
          "cached results of queries, in the bucket QUERY_CACHE, until their time to live has"
              + " passed; other runtimes' copies in memory until the markers have reached them",
          "what others have of it: states that were forked from the agent's or restored as another"
              + " agent, results that it delivered for tasks of others, and messages, facts, tasks"
              + " or sagas of others that quote it without its id",
          "the application's own streams and tables, its logs and traces, and systems that read the"
              + " change feed");

  private RemainingData() {}

  static List<String> sentences(boolean keyDestroyed, boolean ended, int openSagas) {
    List<String> sentences = new ArrayList<>();
    if (!ended) {
      sentences.add("whatever was not reached yet: a runtime goes on");
    }
    if (openSagas > 0) {
      sentences.add(
          openSagas
              + " runs of sagas that name the agent or are nested with such a run and have not"
              + " ended; they are removed once they have");
    }
    sentences.add(
        keyDestroyed
            ? "backups, archived WAL and snapshots of streams: what was encrypted with the agent's"
                + " key is unreadable; what was not, until they are deleted"
            : "backups, archived WAL and snapshots of streams, until they are deleted: the agent"
                + " had no key of its own");
    sentences.addAll(ALWAYS);
    return sentences;
  }
}
