/**
 * The hot store on NATS JetStream KV: buckets, their journals and the connection. The only package
 * that sees jnats; it speaks the raw protocols where jnats' own calls block, wait for too long or
 * answer in part.
 */
@NullMarked
package io.mistersmith.persistence.core.internal.store.nats;

import org.jspecify.annotations.NullMarked;
