package io.mistersmith.persistence.model;

/** The categories of data an agent runtime keeps (seed section 1.2). */
public enum DataType {
  /** Temporary user and agent sessions. */
  SESSION_DATA(StorageLayer.DISTRIBUTED_KV),
  /** An agent's running state: written to KV, flushed to PostgreSQL. */
  AGENT_STATE(StorageLayer.DISTRIBUTED_KV),
  /** Task metadata. */
  TASK_INFO(StorageLayer.RELATIONAL_DB),
  /** Communication history. */
  MESSAGE_LOG(StorageLayer.RELATIONAL_DB),
  /** Long-term facts: vectors with their metadata in PostgreSQL. */
  KNOWLEDGE_BASE(StorageLayer.VECTOR_STORE);

  private final StorageLayer primaryLayer;

  DataType(StorageLayer primaryLayer) {
    this.primaryLayer = primaryLayer;
  }

  /** The layer that is written first unless a router says otherwise. */
  public StorageLayer primaryLayer() {
    return primaryLayer;
  }
}
