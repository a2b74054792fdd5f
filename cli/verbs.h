/* verbs.h: the verbs of `bihuan`, one function each; the table with their names is in main.c. Each takes its own
 * argument vector, argv[0] being "bihuan VERB", and returns an exit code of cli.h. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

int verb_publish(int argc, char **argv);  /* publish.c */
int verb_status(int argc, char **argv);   /* status.c */
int verb_notices(int argc, char **argv);  /* notices.c */
int verb_ls(int argc, char **argv);       /* ls.c */
int verb_queue(int argc, char **argv);    /* ls.c */
int verb_show(int argc, char **argv);     /* show.c */
int verb_tail(int argc, char **argv);     /* tail.c */
int verb_report(int argc, char **argv);   /* report.c */
int verb_explain(int argc, char **argv);  /* explain.c */
int verb_overview(int argc, char **argv); /* overview.c */
int verb_workers(int argc, char **argv);  /* overview.c */
int verb_watch(int argc, char **argv);    /* watch.c */
int verb_assign(int argc, char **argv);   /* act.c, to verb_withdraw */
int verb_transfer(int argc, char **argv);
int verb_release(int argc, char **argv);
int verb_merge(int argc, char **argv);
int verb_close(int argc, char **argv);
int verb_cancel(int argc, char **argv);
int verb_reject(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_resume(int argc, char **argv);
int verb_undo(int argc, char **argv);
int verb_withdraw(int argc, char **argv);
int verb_answer(int argc, char **argv);
int verb_confirm(int argc, char **argv);
int verb_callback(int argc, char **argv);
int verb_reopen(int argc, char **argv);
int verb_whistle(int argc, char **argv);
int verb_reclassify(int argc, char **argv);
int verb_dismiss(int argc, char **argv);
int verb_urge(int argc, char **argv);
int verb_supervise(int argc, char **argv);
int verb_charge(int argc, char **argv);
int verb_account(int argc, char **argv);
int verb_inform(int argc, char **argv);
int verb_exclude(int argc, char **argv);
int verb_attribute(int argc, char **argv);
int verb_plan(int argc, char **argv); /* plan.c */
int verb_claim(int argc, char **argv);
int verb_unclaim(int argc, char **argv);
int verb_report_up(int argc, char **argv);
int verb_send_down(int argc, char **argv);
int verb_appeal(int argc, char **argv);
int verb_say(int argc, char **argv);            /* say.c */
int verb_ask(int argc, char **argv);            /* ask.c */
int verb_decide(int argc, char **argv);         /* ask.c */
int verb_beside(int argc, char **argv);         /* beside.c */
int verb_duty(int argc, char **argv);           /* beside.c */
int verb_hand_over(int argc, char **argv);      /* handover.c */
int verb_take_over(int argc, char **argv);      /* handover.c */
int verb_level(int argc, char **argv);          /* beside.c */
int verb_commit(int argc, char **argv);         /* exercise.c */
int verb_reveal(int argc, char **argv);         /* exercise.c */
int verb_reload(int argc, char **argv);         /* operate.c */
int verb_backup(int argc, char **argv);         /* operate.c */
int verb_restore(int argc, char **argv);        /* offline.c */
int verb_check(int argc, char **argv);          /* offline.c */
int verb_extract(int argc, char **argv);        /* offline.c */
int verb_verify_extract(int argc, char **argv); /* verify_extract.c */
int verb_keys(int argc, char **argv);           /* keys.c */
int verb_sample(int argc, char **argv);         /* sample.c */
int verb_identity(int argc, char **argv);       /* identity.c */

#endif
