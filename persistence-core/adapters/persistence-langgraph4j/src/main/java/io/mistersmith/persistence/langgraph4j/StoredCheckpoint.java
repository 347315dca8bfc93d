package io.mistersmith.persistence.langgraph4j;

/**
 * An entry of a thread's log.
 *
 * @param id the checkpoint's id
 * @param nodeId the node that made it
 * @param nextNodeId the node that comes next
 * @param state the state as the framework's serializer writes it, in base64
 * @param place for a checkpoint that takes the place of another one: the version of the entry that
 *     was first there; 0 for a new one
 * @param latest for such a checkpoint: the version of the entry that is the thread's latest, if it
 *     is another one; else 0
 */
record StoredCheckpoint(
    String id, String nodeId, String nextNodeId, String state, long place, long latest) {}
