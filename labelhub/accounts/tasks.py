from celery import shared_task


@shared_task(name="accounts.tidy", ignore_result=True)
def tidy() -> None:
    # The models of other packages, once an hour.
    from labelhub.accounts import retention

    retention.forget()
