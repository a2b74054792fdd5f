/* wire.hpp: what wire.cpp needs of wire_pack.cpp: each message's body from plain C to its table in wire.fbs. */
#ifndef WIRE_HPP
#define WIRE_HPP

#include "schemas/facts.hpp"
#include "schemas/wire.h"
#include "wire_generated.h"

namespace facts
{

/* The members of struct message that have no name of their own. */
using status_body = decltype(message::status);
using acknowledge_body = decltype(message::acknowledge);
using heartbeat_body = decltype(message::heartbeat);
using credit_body = decltype(message::credit);
using bye_body = decltype(message::bye);
using reload_body = decltype(message::reload);
using backup_body = decltype(message::backup);
using subscribe_body = decltype(message::subscribe);

Offset<bihuan::Hello> pack(Builder &, const struct hello &);
Offset<bihuan::Welcome> pack(Builder &, const struct welcome &);
Offset<bihuan::Heartbeat> pack(Builder &, const heartbeat_body &);
Offset<bihuan::Bye> pack(Builder &, const bye_body &);
Offset<bihuan::Refusal> pack(Builder &, const struct refusal &);
Offset<bihuan::Receipt> pack(Builder &, const struct receipt &);
Offset<bihuan::Receipts> pack(Builder &, const struct receipt_pack &);
Offset<bihuan::Status> pack(Builder &, const status_body &);
Offset<bihuan::Notice> pack(Builder &, const struct notice &);
Offset<bihuan::Acknowledge> pack(Builder &, const acknowledge_body &);
Offset<bihuan::Credit> pack(Builder &, const credit_body &);
Offset<bihuan::Delivery> pack(Builder &, const struct delivery &);
Offset<bihuan::Revoke> pack(Builder &, const struct revoke &);
Offset<bihuan::Urge> pack(Builder &, const struct urge &);
Offset<bihuan::Word> pack(Builder &, const struct word &);
Offset<bihuan::Act> pack(Builder &, const struct act &);
Offset<bihuan::Query> pack(Builder &, const struct query &);
Offset<bihuan::Answer> pack(Builder &, const struct answer &);
Offset<bihuan::Reload> pack(Builder &, const reload_body &);
Offset<bihuan::Backup> pack(Builder &, const backup_body &);
Offset<bihuan::Subscribe> pack(Builder &, const subscribe_body &);
Offset<bihuan::Entry> pack(Builder &, const struct entry &);

} // namespace facts

#endif
