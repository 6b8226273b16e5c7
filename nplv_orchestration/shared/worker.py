"""What a Celery worker loads, and nothing else: celery -A nplv_orchestration.shared.worker worker."""

from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task

from nplv_orchestration.errors import WrongCall
from nplv_orchestration.settings import load_settings
from nplv_orchestration.shared.launcher import CELERY

_broker = load_settings().broker
if _broker is None:
    raise WrongCall("NPLV_BROKER: a worker gets its runs from a broker, as in redis://…")

app = make_app({"broker": _broker.get_secret_value(), "backend": CELERY["result_backend"], "config_source": CELERY})  # type: ignore[no-untyped-call]
execute_job = create_execute_job_task(app)
