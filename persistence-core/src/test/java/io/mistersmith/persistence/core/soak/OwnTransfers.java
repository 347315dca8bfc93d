package io.mistersmith.persistence.core.soak;

/** The latest transfer that this process committed: no later read may miss it. Thread-safe. */
final class OwnTransfers {

  private volatile String latest = "";

  void committed(String id) {
    latest = id;
  }

  /**
   * Returns the id of one that every read which begins now must find; empty where there is none.
   */
  String latest() {
    return latest;
  }
}
