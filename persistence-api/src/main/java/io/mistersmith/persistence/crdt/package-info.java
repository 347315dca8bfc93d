/**
 * State-based CRDTs: values that any number of replicas change without asking each other, and whose
 * merge is commutative, associative and idempotent, so that all replicas end up with the same value
 * whatever the order, loss or repetition of messages (Shapiro, Preguiça, Baquero, Zawirski 2011).
 *
 * <h2>How they are built</h2>
 *
 * All types share one construction, that of causal CRDTs (Almeida, Shoker, Baquero: Delta State
 * Replicated Data Types, 2018). Each change makes a <em>dot</em>, a replica's name and the number
 * of its change, and a value holds the dots that still matter, with what each says, beside a count
 * of the changes that it has <em>seen</em> of every replica. A dot that one side holds and the
 * other has seen but does not hold was removed there; one that the other has not seen is new to it.
 * That alone decides every merge. No tombstones are kept, and what was seen is one number a
 * replica.
 *
 * <h2>One replica name, one writer at a time</h2>
 *
 * A replica's name identifies one sequence of changes. Two writers that change the same version
 * under one name make the same dot twice, and one of both changes is lost. Give every writer (a
 * process, or each of its threads that writes by itself) a name of its own, and let it go on from
 * the latest version that it wrote.
 *
 * <h2>JSON</h2>
 *
 * {@link io.mistersmith.persistence.crdt.Crdt#toJson()} gives
 *
 * <pre>{@code
 * {"type": "or-set", "seen": {"a": 3, "b": 1}, "dots": [["a", 3, "milk"], ["b", 1, "tea"]]}
 * {"type": "or-map", "seen": {"a": 2}, "fields": [["tags", "or-set", [["a", 1, "x"]]], ...]}
 * }</pre>
 *
 * where the third part of a dot is the element (sets), the value (MV-Register), the count
 * (G-Counter), {@code [up, down]} (PN-Counter), {@code [value, timestamp]} (LWW-Register) or {@code
 * [key, timestamp, value]}, without a value where the key is removed (LWW-Map). Dots are sorted, so
 * equal values have equal JSON. Fields may be added in later versions; none of these change.
 */
@NullMarked
package io.mistersmith.persistence.crdt;

import org.jspecify.annotations.NullMarked;
